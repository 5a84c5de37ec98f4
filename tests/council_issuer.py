"""A council's own sign-in for tests: a small OpenID provider on a loopback port, with real keys, codes and PKCE."""

import base64
import hashlib
import json
import secrets
import threading
import time
from typing import Any
from urllib.parse import parse_qs, urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.wrappers import Request, Response

from marketplace.stripe_sandbox.server import QuietHandler, Server

CLIENT_ID, CLIENT_SECRET = "care-market", "a secret of tests"


class CouncilIssuer:
    """`somebody` is who sits at the browser; what tests change in `claims` goes into the next id token."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.claims: dict[str, Any] = {}
        self.left_out: set[str] = set()
        self.asked: list[dict[str, str]] = []
        self.is_down = False
        self._codes: dict[str, dict[str, str]] = {}
        self.server = Server("127.0.0.1", 0, self._answer, handler=QuietHandler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join(timeout=5)
        self.server.server_close()

    def _answer(self, environ: Any, start_response: Any) -> Any:
        return self._page(Request(environ))(environ, start_response)

    def _page(self, request: Request) -> Response:
        if self.is_down:
            return Response("<h1>Down for maintenance</h1>", 503, mimetype="text/html")
        if request.path == "/.well-known/openid-configuration":
            return _json(
                {
                    "issuer": self.issuer,
                    "authorization_endpoint": f"{self.issuer}/authorize",
                    "token_endpoint": f"{self.issuer}/token",
                    "jwks_uri": f"{self.issuer}/keys",
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                }
            )
        if request.path == "/keys":
            return _json({"keys": [self.key.as_dict(private=False)]})
        if request.path == "/authorize":
            code = secrets.token_urlsafe(16)
            asked = {name: value[0] for name, value in parse_qs(request.query_string.decode()).items()}
            self._codes[code] = asked
            self.asked.append(asked)
            back = urlencode({"code": code, "state": asked["state"]})
            return Response(status=302, headers={"Location": f"{asked['redirect_uri']}?{back}"})
        if request.path == "/token":
            return self._token(request)
        return Response("nothing here", 404)

    def _token(self, request: Request) -> Response:
        form = request.form
        asked = self._codes.pop(form.get("code", ""), None)  # a code is good once
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        known = request.headers.get("Authorization") == f"Basic {basic}"
        if asked is None or not known or form.get("redirect_uri") != asked["redirect_uri"]:
            return _json({"error": "invalid_grant"}, 400)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked["code_challenge"]:
            return _json({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "auth_time": now,
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if name not in self.left_out}
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        answer = {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "id_token": token}
        return _json({name: value for name, value in answer.items() if name not in self.left_out})


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")
