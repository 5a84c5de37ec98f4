"""Commands of accounts."""

import click


def register(cli: click.Group, import_group: click.Group) -> None:
    """Add this package's command to `marketplace`."""
    cli.add_command(create_operator)


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
