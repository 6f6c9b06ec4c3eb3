"""Go programs with C code that is linked to the machine's C library.

A program that opens a library of its host while it runs (NVIDIA's open libnvidia-ml) cannot be
linked statically. This lies beside golang.py, whose content is part of the key of every program:
one that only a few need would build all of them again.
"""

from __future__ import annotations

from dataclasses import dataclass

from lab.bundle.golang import GoBuild


@dataclass(frozen=True)
class DynamicC(GoBuild):
    """A `GoBuild` whose C code finds its functions when they are called, as NVIDIA builds it."""

    static_c: bool = True  # C is compiled; the linker's flags are those below

    def linker_flags(self) -> list[str]:
        """No symbol table, the variables, and functions of libraries that are bound lazily."""
        without_c = GoBuild(variables=self.variables).linker_flags()
        return [*without_c, "-extldflags=-Wl,-z,lazy"]
