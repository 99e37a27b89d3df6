"""A real Postfix on loopback with a queue and a configuration of its own, which delivers into maildirs.

Its master has to be started by root, and its daemons then run as the user that the package made; nothing outside its folder is touched.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_DAEMONS = Path("/usr/lib/postfix/sbin")
_PATIENCE_SECONDS = 30

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log/maillog
maillog_file_prefixes = {folder}/log
myhostname = relay.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
default_transport = error:nothing leaves this machine
virtual_mailbox_domains = reader.example
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = texthash:{folder}/etc/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_relay_restrictions = reject_unauth_destination
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_loglevel = 1
message_size_limit = 500000
smtpd_client_connection_count_limit = 0
"""

_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup  unix n - n - 0 cleanup
qmgr     unix n - n 300 1 qmgr
tlsmgr   unix - - n 1000? 1 tlsmgr
rewrite  unix - - n - - trivial-rewrite
bounce   unix - - n - 0 bounce
defer    unix - - n - 0 bounce
trace    unix - - n - 0 bounce
verify   unix - - n - 1 verify
proxymap unix - - n - - proxymap
error    unix - - n - - error
retry    unix - - n - - error
virtual  unix - n n - - virtual
anvil    unix - - n - 1 anvil
postlog  unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """One that runs: its port, and the folder of its maildirs."""

    port: int
    mail: Path
    log: Path

    def delivered(self, reader: str, *, wanted: int = 1) -> list[bytes]:
        """What arrived in a reader's maildir, waiting until it is as much as is wanted."""
        folder = self.mail / reader / "new"
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while len(found := sorted(folder.glob("*")) if folder.exists() else []) < wanted:
            assert time.monotonic() < deadline, f"{reader} got {len(found)} mails\n{self.log.read_text()}"
            time.sleep(0.05)
        return [path.read_bytes() for path in found]


@contextmanager
def postfix(certificate: Path, key: Path, *, readers: list[str]) -> Iterator[Postfix]:
    """Start one, and stop it. Skips where there is none, unless LETTERS_TESTS_REQUIRE_POSTFIX says that there must be."""
    if not (shutil.which("postfix") and _DAEMONS.is_dir() and os.geteuid() == 0):
        reason = "no Postfix (apt-get install postfix), or not root, who alone can start it"
        if os.environ.get("LETTERS_TESTS_REQUIRE_POSTFIX"):
            pytest.fail(reason)
        pytest.skip(reason)
    # Not below pytest's folders: those are closed to the user that the daemons run as.
    folder = Path(tempfile.mkdtemp(prefix="letters-postfix-"))
    folder.chmod(0o755)
    user = pwd.getpwnam("postfix")
    try:
        port = _configure(folder, user, certificate, key, readers)
        command = ["postfix", "-c", str(folder / "etc")]
        subprocess.run([*command, "start"], check=True, capture_output=True, timeout=_PATIENCE_SECONDS)
        try:
            yield Postfix(port, folder / "mail", folder / "log/maillog")
        finally:
            subprocess.run([*command, "stop"], check=True, capture_output=True, timeout=_PATIENCE_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _configure(
    folder: Path, user: pwd.struct_passwd, certificate: Path, key: Path, readers: list[str]
) -> int:
    for name in ("etc", "queue", "data", "mail", "log"):
        (folder / name).mkdir()
    for name in ("data", "mail"):
        os.chown(folder / name, user.pw_uid, user.pw_gid)
    pair = {"certificate": certificate, "key": key}
    for name, path in pair.items():
        shutil.copy(path, folder / "etc" / name)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
    values = {
        "folder": folder,
        "daemons": _DAEMONS,
        "uid": user.pw_uid,
        "gid": user.pw_gid,
        **{name: folder / "etc" / name for name in pair},
    }
    (folder / "etc/main.cf").write_text(_MAIN.format(**values))
    (folder / "etc/master.cf").write_text(_MASTER.format(port=port))
    # A trailing slash makes it a maildir.
    mailboxes = "".join(f"{reader}@reader.example {reader}/\n" for reader in readers)
    (folder / "etc/mailboxes").write_text(mailboxes)
    return port
