"""An S3 server, moto, that verifies every signature; run by the Python of s3-server.txt.

`python moto_server.py DIRECTORY` puts the directory's files below `models/a b` of a bucket, prints
the server's URL and the keys as a line of JSON, and serves until its standard input ends.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


def serve(directory: Path) -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    # What is asked before "reset-auth" is not verified yet: it makes the user.
    session = boto3.Session("any", "any", region_name="us-east-1")
    users = session.client("iam", endpoint_url=url)
    users.create_user(UserName="reader")
    users.put_user_policy(UserName="reader", PolicyName="all", PolicyDocument=json.dumps(POLICY))
    key = users.create_access_key(UserName="reader")["AccessKey"]
    objects = session.client("s3", endpoint_url=url)
    objects.create_bucket(Bucket="models")
    for path in directory.rglob("*"):
        if path.is_file():
            name = f"a b/{path.relative_to(directory)}"
            objects.put_object(Bucket="models", Key=name, Body=path.read_bytes())
    plain = {"Content-Type": "text/plain"}
    verify = urllib.request.Request(f"{url}/moto-api/reset-auth", data=b"0", headers=plain)
    urllib.request.urlopen(verify).close()
    answer = {"url": url, "access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"]}
    print(json.dumps(answer), flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
