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
    # None where there is none, whatever the types say.
    file, folder = paths.cafile or "", paths.capath or ""
    if file:
        curl.setopt(pycurl.CAINFO, file)
    elif folder:
        # Else a file that pycurl finds by itself would be trusted besides.
        curl.unsetopt(pycurl.CAINFO)
    # With a folder libcurl reads the whole file anew for each connection: only where it is wanted, or all there is.
    if folder and (not file or paths.openssl_capath_env in os.environ):
        curl.setopt(pycurl.CAPATH, folder)
