"""Whose certificates are believed: the system's, as Python itself does."""

from __future__ import annotations

import os
import ssl

import pycurl


def trust_the_system(curl: pycurl.Curl) -> None:
    """Point a handle at the system's certificates; ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` name others.

    A wheel of pycurl brings an OpenSSL of its own, which was built on a machine where they lie elsewhere.
    """
    paths = ssl.get_default_verify_paths()
    if paths.cafile is not None:
        curl.setopt(pycurl.CAINFO, paths.cafile)
    # With a folder libcurl reads all of the file again for each connection; so only where it is wanted or all there is.
    if paths.capath is not None and (paths.cafile is None or paths.openssl_capath_env in os.environ):
        curl.setopt(pycurl.CAPATH, paths.capath)
