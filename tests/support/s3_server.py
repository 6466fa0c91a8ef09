"""An S3 server for the tests: OpenStack Swift (pip install swift) with its S3 API, all of it in this one process.

Usage: s3_server.py FOLDER. Prints the port that it listens on, at 127.0.0.1, and serves until its standard input ends.
Users (access key, secret): `test:owner` and `owner-secret`, who may do everything; `test:guest` and `guest-secret`, who
may do nothing. Objects are kept in memory, lists in FOLDER.
"""

import os
import sys

import eventlet

eventlet.monkey_patch()

from eventlet import wsgi
from swift.common.ring.builder import RingBuilder
from swift.common.storage_policy import reload_storage_policies
from swift.common.utils import set_swift_dir
from swift.common.wsgi import loadapp

PIPELINE = "catch_errors gatekeeper cache listing_formats s3api tempauth bulk slo dlo proxy-server"

PROXY = """
[DEFAULT]
swift_dir = {folder}
[pipeline:main]
pipeline = {pipeline}
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
node_timeout = 30
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_owner = owner-secret .admin
user_test_guest = guest-secret
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
"""

BACKEND = """
[DEFAULT]
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
[app:main]
use = egg:swift#{kind}
"""


class Silent:
    def write(self, _text):
        pass

    def flush(self):
        pass


def listen(app):
    socket = eventlet.listen(("127.0.0.1", 0))
    eventlet.spawn(wsgi.server, socket, app, Silent(), debug=False)
    return socket.getsockname()[1]


def load(folder, name, text):
    path = os.path.join(folder, f"{name}.conf")
    with open(path, "w", encoding="utf8") as file:
        file.write(text)
    return loadapp(path, global_conf={"log_level": "CRITICAL"})


def main(folder):
    os.makedirs(os.path.join(folder, "devices", "disk"), exist_ok=True)
    with open(os.path.join(folder, "swift.conf"), "w", encoding="utf8") as file:
        file.write("[swift-hash]\nswift_hash_path_suffix = tests\n[storage-policy:0]\nname = one\ndefault = yes\n")
    set_swift_dir(folder)
    reload_storage_policies()
    for kind, app in (("account", "account"), ("container", "container"), ("object", "mem_object")):
        port = listen(load(folder, kind, BACKEND.format(folder=folder, kind=app)))
        builder = RingBuilder(2, 1, 1)  # four parts, each once
        builder.add_dev(
            {"region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "disk", "weight": 1}
        )
        builder.rebalance()
        builder.get_ring().save(os.path.join(folder, f"{kind}.ring.gz"))
    print(listen(load(folder, "proxy", PROXY.format(folder=folder, pipeline=PIPELINE))), flush=True)
    while eventlet.tpool.execute(sys.stdin.buffer.read, 1):
        pass
    os._exit(0)


main(sys.argv[1])
