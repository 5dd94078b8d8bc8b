"""Run the lessons headless: execute their notebooks, and compare the figures with the expected ones.

``legalner.run.results`` has the recorded runs as tables. It imports pandas, so it is not imported here.
"""

from legalner.run.execute import run_profile
from legalner.run.profile import Profile, RunError, load_profile, read_yaml, require_checkout
from legalner.run.reference import compare, cost_lines, finding_lines, read_reference, read_runs, save_reference

__all__ = [
    "Profile",
    "RunError",
    "compare",
    "cost_lines",
    "finding_lines",
    "load_profile",
    "read_reference",
    "read_runs",
    "read_yaml",
    "require_checkout",
    "run_profile",
    "save_reference",
]
