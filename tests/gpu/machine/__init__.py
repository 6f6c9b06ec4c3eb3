"""What runs on the GPU machine: standard library alone, below Python 3.12, without network."""
