"""Where providers report bounces and complaints: proved, taken in at once, and harmless when told again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from litestar import Request, Response, post
from litestar.concurrency import sync_to_thread
from litestar.enums import MediaType
from litestar.params import FromPath
from pydantic import SecretStr

from letters import __version__
from letters.errors import FetchError
from letters.net import Client, NetSettings
from letters.returns import UnreadableReportError, take_reports
from letters.returns.providers import Event, WebhookRefusedError, read_mailgun, read_postmark, read_sendgrid
from letters.returns.ses import check_signature, confirmation_url, read_envelope, read_notification
from letters.settings import Settings
from letters.web.pages import PRIVATE_HEADERS, Site, site_of

_log = structlog.get_logger("letters.web")
#: Providers gather events; none of them comes near it.
_LARGEST_BODY_BYTES = 2_000_000
_LARGEST_CERTIFICATE_BYTES = 20_000

Hook = Request[Any, Any, Any]


@post("/webhooks/{provider:str}", status_code=200, request_max_body_size=_LARGEST_BODY_BYTES)
async def receive(request: Hook, provider: FromPath[str]) -> Response[bytes]:
    """200 once what was told is committed, 403 without proof, 404 for a provider that is not set up, 400 for what no provider sends."""
    site = site_of(request)
    settings = site.house.settings
    body = await request.body()
    now = datetime.now(UTC)
    try:
        if provider == "ses" and settings.returns.ses_topics:
            events = await _read_ses(body, settings)
        else:
            read = _reader(request, provider, settings, now)
            if read is None:
                return _answer(404)
            events = await sync_to_thread(read, body)
    except WebhookRefusedError as error:
        _log.warning("a report was refused", provider=provider, reason=str(error))
        return _answer(403)
    except UnreadableReportError as error:
        _log.warning("a report could not be read", provider=provider, reason=str(error))
        return _answer(400)
    except FetchError as error:
        # Amazon tries again.
        _log.warning("Amazon SNS could not be asked", reason=str(error))
        return _answer(503)
    await sync_to_thread(_take, site, settings, events, now)
    return _answer(200)


def _reader(
    request: Hook, provider: str, settings: Settings, now: datetime
) -> Callable[[bytes], list[Event]] | None:
    """What reads a provider's body; None when nothing proves that provider here."""
    headers, secrets = request.headers, settings.secrets
    if provider == "postmark" and secrets.postmark_webhook:
        authorization, secret = headers.get("authorization", ""), _plain(secrets.postmark_webhook)
        return lambda body: read_postmark(body, authorization=authorization, secret=secret)
    if provider == "mailgun" and secrets.mailgun_key:
        key = _plain(secrets.mailgun_key)
        return lambda body: read_mailgun(body, key=key, now=now)
    if provider == "sendgrid" and secrets.sendgrid_key:
        key = _plain(secrets.sendgrid_key)
        signature = headers.get("x-twilio-email-event-webhook-signature", "")
        timestamp = headers.get("x-twilio-email-event-webhook-timestamp", "")
        return lambda body: read_sendgrid(body, signature=signature, timestamp=timestamp, key=key)
    return None


async def _read_ses(body: bytes, settings: Settings) -> list[Event]:
    envelope = read_envelope(body, topics=settings.returns.ses_topics)
    async with Client(NetSettings(user_agent=f"Letters/{__version__}", max_redirects=0)) as client:
        answer = await client.get(envelope.certificate_url, limit_bytes=_LARGEST_CERTIFICATE_BYTES)
        check_signature(envelope, answer.body)
        url = confirmation_url(envelope)
        if url:
            answer = await client.get(url)
            _log.info("a subscription at Amazon SNS was confirmed", status=answer.status)
    event = read_notification(envelope)
    return [event] if event else []


def _take(site: Site, settings: Settings, events: list[Event], now: datetime) -> None:
    for event in events:
        report = take_reports(
            site.house.store, settings, event.reports, event=event.id, is_trusted=True, now=now
        )
        _log.info("a provider reported", suppressed=report.suppressed, repeated=report.repeated)


def _plain(secret: SecretStr) -> str:
    return secret.get_secret_value()


def _answer(status: int) -> Response[bytes]:
    return Response(b"", status_code=status, media_type=MediaType.TEXT, headers=dict(PRIVATE_HEADERS))


WEBHOOK_ROUTES = [receive]
