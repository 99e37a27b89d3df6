"""The doctor: what is wrong with the way of mails and with this machine, and how to mend it.

In come settings, a way to ask the DNS (`asking.make_dns`), and what a look at the relay found (`deliver.knock`); out come findings, each with
what was found, what was wanted and the remedy. Nothing is changed by looking, but for `hold_unauthenticated`, which
keeps large issues back while the sender's domain fails.
"""

from letters.doctor.dkim import SigningRecord
from letters.doctor.examine import Sender, examine_machine, examine_mail
from letters.doctor.finding import Finding, State
from letters.doctor.resolver import IPAddress, Resolver
from letters.doctor.trust import hold_unauthenticated

__all__ = [
    "Finding",
    "IPAddress",
    "Resolver",
    "Sender",
    "SigningRecord",
    "State",
    "examine_machine",
    "examine_mail",
    "hold_unauthenticated",
]
