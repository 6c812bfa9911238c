"""What alembic runs: every step in the transaction that the caller has begun."""

from alembic import context

if __name__ == "env_py":  # alembic's name for this file; a reader of docstrings runs nothing
    context.configure(
        connection=context.config.attributes["connection"], transactional_ddl=True
    )  # one transaction for all steps: a kill leaves the old schema or the new one
    with context.begin_transaction():
        context.run_migrations()
