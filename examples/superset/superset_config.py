"""Superset for one person on one machine: everything in SUPERSET_HOME, its secret from the environment.

SUPERSET_CONFIG_PATH names this file. Other settings keep Superset's defaults; nothing is cached, so that a reload shows
the latest publication, and each query opens the database anew.
"""

import os
from copy import deepcopy
from pathlib import Path

from superset.config import TALISMAN_CONFIG as DEFAULT_TALISMAN_CONFIG

HOME = Path(os.environ["SUPERSET_HOME"])

# Signs sessions and encrypts the passwords of databases. `openssl rand -base64 42` makes one; keep it.
SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]

# Users, dashboards, datasets. More than a handful of users: PostgreSQL.
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME / 'superset.db'}?check_same_thread=false"

# Who reaches the server is who may log on: it listens on loopback, and reports that it sends link there.
SUPERSET_WEBSERVER_ADDRESS = "127.0.0.1"

# Nobody without an account sees anything, and nobody makes an account for himself.
AUTH_USER_REGISTRATION = False
PUBLIC_ROLE_LIKE = None

# Data come from a database that is checked before it is published; no query leads elsewhere.
PREVENT_UNSAFE_DB_CONNECTIONS = True
FEATURE_FLAGS = {"ENABLE_TEMPLATE_PROCESSING": False}

# Pages ask nothing of other hosts: Superset's own policy admits a counting pixel, maps and fonts.
TALISMAN_CONFIG = deepcopy(DEFAULT_TALISMAN_CONFIG)
_POLICY = TALISMAN_CONFIG["content_security_policy"]
_POLICY |= {
    "img-src": ["'self'", "blob:", "data:"],
    "connect-src": ["'self'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "font-src": ["'self'"],
}
