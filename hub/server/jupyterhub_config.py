"""JupyterHub's settings for a class on one machine. `hub/` gives what differs between machines as HUB_SETTINGS."""

import json
import os

from spawner import LearnerSpawner

settings = json.loads(os.environ["HUB_SETTINGS"])
c = get_config()  # noqa: F821  # JupyterHub's

# The page that learners open. The proxy's own interface and the hub are not reached from outside, and of the two the
# learners' servers reach the hub alone, at the address that this machine has on their network.
c.JupyterHub.bind_url = f"http://{settings['address']}:{settings['port']}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{settings['proxy_port']}"
c.JupyterHub.hub_bind_url = f"http://{settings['gateway']}:{settings['hub_port']}"
c.JupyterHub.db_url = "sqlite:////srv/state/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = "/srv/state/cookie_secret"
# A hub that is stopped or replaced leaves the servers alone, and finds them again.
c.JupyterHub.cleanup_servers = False
c.ConfigurableHTTPProxy.pid_file = "/tmp/proxy.pid"

c.JupyterHub.authenticator_class = "firstuseauthenticator.FirstUseAuthenticator"
c.Authenticator.allowed_users = set(settings["learners"])
c.Authenticator.allow_existing_users = False  # who has left the class can't log in any more
c.FirstUseAuthenticator.dbm_path = "/srv/state/passwords"
c.FirstUseAuthenticator.create_users = False  # only those above, each with the password that `passwords.py` made

c.JupyterHub.spawner_class = LearnerSpawner
c.LearnerSpawner.image = settings["image"]
c.LearnerSpawner.pull_policy = "never"
c.LearnerSpawner.cmd = ["jupyterhub-singleuser"]  # the image's entry point boots the engine and then starts this
c.LearnerSpawner.default_url = "/lab/tree/start.ipynb"
c.LearnerSpawner.prefix = settings["name"]
c.LearnerSpawner.remove = True
c.LearnerSpawner.network_name = settings["network"]
c.LearnerSpawner.use_internal_ip = True
c.LearnerSpawner.environment = {"DOCKERLAB_VM_DISK_GIB": str(settings["vm_disk_gib"])}
c.LearnerSpawner.start_timeout = 300  # many may start at once
c.LearnerSpawner.http_timeout = 300
c.LearnerSpawner.mem_limit = settings["memory_bytes"]
c.LearnerSpawner.cpu_limit = settings["cpus"]
c.LearnerSpawner.extra_create_kwargs = {
    "labels": settings["labels"] | settings["server_labels"],
    # The image's own check asks where a server without a hub answers. Here the hub looks after it.
    "healthcheck": {"test": ["NONE"]},
}
c.LearnerSpawner.extra_host_config = {
    "memswap_limit": settings["memory_bytes"],  # no swap besides
    "pids_limit": settings["processes"],
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "read_only": True,  # what is written goes to the learner's disks, or counts as memory
    "log_config": {"type": "json-file", "config": {"max-size": "1m", "max-file": "2"}},
}
c.LearnerSpawner.disks = settings["disks"]
c.LearnerSpawner.disks_volume = settings["disks_volume"]
c.LearnerSpawner.hub_image = settings["hub_image"]
c.LearnerSpawner.labels = settings["labels"]
c.LearnerSpawner.server_label = "=".join(next(iter(settings["server_labels"].items())))
