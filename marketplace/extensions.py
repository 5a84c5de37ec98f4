"""Flask extensions, made once and bound in `create_app`."""

from flask import Response
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_wtf.csrf import CSRFProtect

csrf = CSRFProtect()
login_manager = LoginManager()
limiter = Limiter(key_func=get_remote_address, default_limits=[], headers_enabled=False)


def was_taken(response: Response) -> bool:
    """Whether a form did what it was sent for, for a limit's `deduct_when`: then it leads on to another page.

    A form that comes back to be mended counts against nobody: a slip of a tired hand is no abuse.
    """
    return response.status_code == 302
