"""Administration of the keys for scripts."""

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from .models import AccessToken


@admin.register(AccessToken)
class AccessTokenAdmin(admin.ModelAdmin):
    """Researchers create and delete their own keys."""

    fields = ["name", "expires_at"]
    list_display = ["name", "user", "created_at", "expires_at", "last_used_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the user's own keys, for superusers all."""
        tokens = super().get_queryset(request)
        return tokens if request.user.is_superuser else tokens.filter(user=request.user)

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm, change: bool) -> None:
        """Create the secret and show it once."""
        if not change:
            secret, obj.digest = AccessToken.new_secret()
            obj.user = request.user
            messages.warning(request, f"Copy the key now, it is not shown again: {secret}")
        super().save_model(request, obj, form, change)
