"""The database model of plans that the background worker simulates."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

from studyserver.study.models import Study

# A simulation reports after every few studies; without a report for this long its worker counts as dead.
REPORT_TIMEOUT = timedelta(seconds=180)


class SimulatedPlan(models.Model):
    """Simulated studies of one plan, as far as they have come.

    `key` says of which plan, so that the same plan is simulated once; the newest plans of a study are kept.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="simulated_plans")
    key = models.CharField(max_length=64)
    request = models.JSONField(help_text="JSON form of studyserver.results.tables.plans.plan.PlanRequest.")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    progress = models.PositiveSmallIntegerField(default=0, help_text="percent")
    found = models.JSONField(
        default=dict, help_text="Estimate and ends of the interval of each simulated study, by scenario."
    )
    failure = models.TextField(blank=True, help_text="What went wrong and what to do.")
    reported_at = models.DateTimeField(default=timezone.now, help_text="Last sign of life.")

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["study", "key"], name="one_simulation_per_plan")]

    def __str__(self) -> str:
        return f"{self.study}: plan {self.key[:8]}"

    @property
    def is_going_on(self) -> bool:
        """Whether it waits for a live worker or is being simulated."""
        unfinished = self.state in (self.State.WAITING, self.State.RUNNING)
        return unfinished and timezone.now() - self.reported_at < REPORT_TIMEOUT
