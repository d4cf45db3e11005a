"""Logging in to an account that exists: right after the start of the process, and once more after a logout.

The first one is cold, as when a user opens the application: databases are opened and decrypted by a process that has
done nothing yet.  The second is warm, as when a user locks the application and comes back.
"""

from attrs import frozen

from tcperf.scenario import Phase, Stage

NEEDS = ("accounts", "restart")
PHASES = (
    Phase("account", help="the account is made"),
    Phase("restart", help="the process is ended, and started anew"),
    Phase("first", help="the login after the start", publish=("time_ms",)),
    Phase("logout", help="the logout, without ending the process"),
    Phase("second", help="the login after the logout", publish=("time_ms",)),
)


@frozen
class Params:
    pass


def run(stage: Stage, _params: Params) -> None:
    (alice,) = stage.start("alice")
    with stage.phase("account"):
        alice.create_account()
    with stage.phase("restart"):
        stage.restart(alice)
    with stage.phase("first"):
        alice.login()
    with stage.phase("logout"):
        alice.logout()
    with stage.phase("second"):
        alice.login()
