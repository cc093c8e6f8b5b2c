"""OpenStack Swift with its S3 API: all its servers in one process on loopback, objects in memory. Prints its port."""

import logging
import os
import sys

import eventlet

eventlet.monkey_patch()

from eventlet import wsgi  # noqa: E402
import swift.common.utils as utils  # noqa: E402

FOLDER = sys.argv[1]
SERVERS = {"account": "account", "container": "container", "object": "mem_object"}

utils.SWIFT_CONF_FILE = os.path.join(FOLDER, "swift.conf")
with open(utils.SWIFT_CONF_FILE, "w") as file:
    file.write(
        "[swift-hash]\nswift_hash_path_prefix = a\nswift_hash_path_suffix = b\n"
        "[storage-policy:0]\nname = default\ndefault = yes\n"
    )
utils.validate_hash_conf()

from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.storage_policy import reload_storage_policies  # noqa: E402
from swift.common.wsgi import loadapp  # noqa: E402

reload_storage_policies()

COMMON = f"[DEFAULT]\nswift_dir = {FOLDER}\ndevices = {FOLDER}/devices\nmount_check = false\n"
STORAGE = "[pipeline:main]\npipeline = app\n[app:app]\nuse = egg:swift#%s\n"
PROXY = """[pipeline:main]
pipeline = catch_errors cache s3api tempauth slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
"""


def listen():
    return eventlet.listen(("127.0.0.1", 0))


def serve(name, socket, settings):
    path = os.path.join(FOLDER, name + ".conf")
    with open(path, "w") as conf:
        conf.write(COMMON + settings)
    app = loadapp(path, global_conf={"log_name": name})
    return eventlet.spawn(wsgi.server, socket, app, log=logging.getLogger("quiet"), log_output=False)


os.makedirs(os.path.join(FOLDER, "devices", "d"))
sockets = {name: listen() for name in SERVERS}
for name, socket in sockets.items():
    port = socket.getsockname()[1]
    place = {"ip": "127.0.0.1", "port": port, "replication_ip": "127.0.0.1", "replication_port": port}
    builder = RingBuilder(1, 1, 0)
    builder.add_dev({"id": 0, "region": 1, "zone": 1, "weight": 1, "device": "d", "meta": "", **place})
    builder.rebalance()
    builder.get_ring().save(os.path.join(FOLDER, name + ".ring.gz"))

threads = [serve(name, sockets[name], STORAGE % program) for name, program in SERVERS.items()]
proxy = listen()
threads.append(serve("proxy", proxy, PROXY))
print("listening on 127.0.0.1:%d" % proxy.getsockname()[1], flush=True)
for thread in threads:
    thread.wait()
