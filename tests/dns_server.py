"""A real DNS server on loopback, over UDP and TCP on one port, that answers from the tests' own zones."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = dict[tuple[str, str], list[str]]
_FITS_UDP_BYTES = 512


def txt(*strings: str) -> str:
    """A TXT record of several strings, as a zone file has it."""
    return " ".join('"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"' for one in strings)


@dataclass
class DnsServer:
    """Names and their records: ``{("a.example", "A"): ["192.0.2.1"]}``. What is not there does not exist (NXDOMAIN)."""

    records: Zone = field(default_factory=dict)
    #: Names that get no answer at all.
    silent: set[str] = field(default_factory=set)
    #: Names for which the server says that it failed.
    failing: set[str] = field(default_factory=set)
    #: What was asked, by transport and by name.
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    port: int = 0

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def add(self, name: str, kind: str, *values: str) -> None:
        self.records.setdefault((name, kind), []).extend(values)

    def add_txt(self, name: str, *texts: str) -> None:
        """TXT records, each of strings as long as they may be."""
        for text in texts:
            self.add(name, "TXT", txt(*(text[at : at + 255] for at in range(0, len(text), 255))))

    def answer(self, wire: bytes, transport: str) -> bytes | None:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        self.asked[transport, name] += 1
        if name in self.silent:
            return None
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if name in self.failing:
            reply.set_rcode(dns.rcode.SERVFAIL)
            return bytes(reply.to_wire())
        self._fill(reply, name, dns.rdatatype.to_text(question.rdtype))
        data = bytes(reply.to_wire())
        if transport == "udp" and len(data) > _FITS_UDP_BYTES:
            cut = dns.message.make_response(query)
            cut.flags |= dns.flags.TC | dns.flags.RA
            return bytes(cut.to_wire())
        return data

    def _fill(self, reply: dns.message.Message, name: str, kind: str) -> None:
        while alias := self.records.get((name, "CNAME")):
            reply.answer.append(dns.rrset.from_text(name + ".", 60, "IN", "CNAME", alias[0]))
            name = alias[0].rstrip(".")
        if values := self.records.get((name, kind)):
            reply.answer.append(dns.rrset.from_text(name + ".", 60, "IN", kind, *values))
        # A name with something below it is there as well (RFC 8020).
        elif not any(known == name or known.endswith(f".{name}") for known, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)


@contextmanager
def serve(server: DnsServer) -> Iterator[DnsServer]:
    """Serve until the end of the block."""

    class Udp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, way = self.request
            if reply := server.answer(data, "udp"):
                way.sendto(reply, self.client_address)

    class Tcp(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while length := self.rfile.read(2):
                data = self.rfile.read(struct.unpack("!H", length)[0])
                if reply := server.answer(data, "tcp"):
                    self.wfile.write(struct.pack("!H", len(reply)) + reply)

    with _both(Udp, Tcp) as (udp, tcp):
        server.port = udp.server_address[1]
        threads = [threading.Thread(target=each.serve_forever, args=(0.02,)) for each in (udp, tcp)]
        for thread in threads:
            thread.start()
        try:
            yield server
        finally:
            for each in (udp, tcp):
                each.shutdown()
            for thread in threads:
                thread.join()


@contextmanager
def _both(
    udp_handler: type[socketserver.BaseRequestHandler], tcp_handler: type[socketserver.BaseRequestHandler]
) -> Iterator[tuple[socketserver.UDPServer, socketserver.TCPServer]]:
    """Both kinds of server on one port: which TCP ports are free is not known before one is tried."""
    for _ in range(20):
        udp = socketserver.UDPServer(("127.0.0.1", 0), udp_handler)
        try:
            tcp = socketserver.ThreadingTCPServer(udp.server_address, tcp_handler)
        except OSError:
            udp.server_close()
            continue
        tcp.daemon_threads = True
        with udp, tcp:
            yield udp, tcp
        return
    raise OSError("no port is free for UDP and TCP")
