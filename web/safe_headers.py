"""The headers of every answer, whatever its status (security 7). `Server` is left out: it would name our versions."""

from aiohttp import web

from matcher.config import Config
from web.surroundings import config_of, route_of

POLICY_OF_CONTENT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; object-src 'none'; report-uri /csp"
)
FEATURES = (
    "accelerometer autoplay browsing-topics camera compute-pressure "
    "cross-origin-isolated display-capture encrypted-media fullscreen gamepad geolocation gyroscope hid identity-credentials-get "
    "idle-detection keyboard-map local-fonts magnetometer microphone midi otp-credentials payment picture-in-picture "
    "publickey-credentials-create publickey-credentials-get screen-wake-lock serial storage-access usb window-management "
    "xr-spatial-tracking"
).split()
ALWAYS = {
    "Content-Security-Policy": POLICY_OF_CONTENT,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in FEATURES),
}
TWO_YEARS = "max-age=63072000; includeSubDomains"


def headers_of(config: Config, *, public: bool) -> dict[str, str]:
    """The headers that do not depend on the page. `public`: search engines may list it."""
    more = {} if public else {"X-Robots-Tag": "noindex, nofollow"}
    return {**ALWAYS, **more, **({"Strict-Transport-Security": TWO_YEARS} if config.secure else {})}


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """With every answer (a signal). A page that says nothing else about it is not kept by anybody."""
    public = response.status == 200 and route_of(request).startswith("public.")
    response.headers.update(headers_of(config_of(request), public=public))
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.pop("Server", None)
