"""Commands of accounts."""

import click


def register(cli: click.Group, import_group: click.Group) -> None:
    """Add this package's command to `marketplace`."""
    cli.add_command(create_operator)
    cli.add_command(take_off_code_app)


@click.command("create-operator")
@click.argument("email")
@click.argument("name")
@click.option("--organisation", default="The operator of this site", show_default=True, help="Name of the operator.")
def create_operator(email: str, name: str, organisation: str) -> None:
    """Make the first operator of this site. They choose a password by the link "forgotten password"."""
    from marketplace.accounts.domain import SYSTEM, OrganisationKind, Role
    from marketplace.accounts.services import organisations, registration

    with click.get_current_context().obj().app_context():
        user_id = registration.create_user(name, email)
        organisations.create_organisation(
            SYSTEM,
            OrganisationKind.OPERATOR,
            organisations.OrganisationDetails(organisation),
            first_member=(user_id, Role.OPERATOR),
        )
    click.echo(f"{name} is an operator now. To choose a password: /forgotten-password with {email}.")


@click.command("take-off-code-app")
@click.argument("email")
def take_off_code_app(email: str) -> None:
    """Take the app off whoever lost their phone and codes.

    Codes come by e-mail again. Make sure first who it is: whoever reads that address can give codes from then on.
    """
    from marketplace.accounts.services import second_step
    from marketplace.kernel.errors import DomainError

    with click.get_current_context().obj().app_context():
        try:
            second_step.take_off_app_of(email)
        except DomainError as error:
            raise click.ClickException(f"No account of {email} has an app for codes.") from error
    click.echo(f"Codes of {email} come by email again. A letter says so.")
