"""Keys with which researchers' scripts fetch exports."""

import datetime
import hashlib
import secrets

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils import timezone

_LAST_USE_KEPT_TO = datetime.timedelta(minutes=1)


class AccessToken(models.Model):
    """A researcher's secret for reading results; only its hash is stored."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="results_tokens", editable=False
    )
    name = models.CharField(max_length=100, help_text="What it is for, e.g. “nightly analysis”.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty for never.")
    last_used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["user", "name"]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def new_secret() -> tuple[str, str]:
        """Return a new secret and the digest that is stored."""
        secret = secrets.token_urlsafe(32)
        return secret, _digest(secret)

    @classmethod
    def user_of(cls, secret: str) -> AbstractBaseUser | None:
        """Return the active user of a secret, None if it is unknown or expired."""
        token = cls.objects.select_related("user").filter(digest=_digest(secret)).first()
        now = timezone.now()
        if token is None or not token.user.is_active or (token.expires_at and token.expires_at <= now):
            return None
        if token.last_used_at is None or now - token.last_used_at > _LAST_USE_KEPT_TO:
            cls.objects.filter(pk=token.pk).update(last_used_at=now)
        return token.user


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
