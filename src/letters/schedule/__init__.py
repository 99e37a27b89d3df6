"""What goes when, and the running scheduler.

In come editions and a workspace; out come the plan that ``letters schedule`` shows, and the process behind ``letters
run``, which makes a pass at each edition's hours.
"""

from letters.schedule.plan import Planned, plan
from letters.schedule.process import run_scheduler
from letters.schedule.trigger import CronsimTrigger

__all__ = ["CronsimTrigger", "Planned", "plan", "run_scheduler"]
