"""An S3 store in memory with one bucket, until it is told to end; prints where it is.

usage: s3-emulator.py ADDRESS BUCKET
"""

import sys
import time

import boto3
from moto.server import ThreadedMotoServer

address, bucket = sys.argv[1:]
server = ThreadedMotoServer(ip_address=address, port=0, verbose=False)
server.start()
endpoint = "http://{}:{}".format(*server.get_host_and_port())
s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
s3.create_bucket(Bucket=bucket)
print(endpoint, flush=True)
while True:
    time.sleep(3600)
