"""`python -m marketplace.stripe_sandbox --port N --data FOLDER`: runs the sandbox alone."""

import argparse

from .server import default_port, serve


def main(arguments: list[str] | None = None) -> int:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(
        prog="stripe-sandbox", description="A stateful Stripe for trying out. No real money."
    )
    parser.add_argument("--port", type=int, default=default_port(), help="port to listen on (12111)")
    parser.add_argument(
        "--data", default="var/stripe-sandbox", help="folder for the sandbox's file (var/stripe-sandbox)"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--webhook-url", help="where events are sent")
    parser.add_argument("--webhook-secret", help="what they are signed with (whsec_...)")
    parser.add_argument(
        "--webhook-payload", default="snapshot", help="how events are sent: snapshot (with the object), thin, or both"
    )
    parser.add_argument("--public-url", help="address under which browsers see the sandbox, when it is another")
    options = parser.parse_args(arguments)
    return serve(
        options.port,
        options.data,
        options.host,
        options.webhook_url,
        options.webhook_secret,
        webhook_payload=options.webhook_payload,
        public_url=options.public_url,
    )


if __name__ == "__main__":
    raise SystemExit(main())
