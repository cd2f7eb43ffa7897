"""The configurations of the embedded cloud's domains."""

from __future__ import annotations

import orjson
import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.identity.contract import Config, DomainConfigs
from jumpgate.identity.drivers.embedded import rows
from jumpgate.identity.drivers.embedded.users import demand_domain
from jumpgate.identity.tokens.keys import KeyRepository
from jumpgate.store.engine import Store
from jumpgate.store.tables.identity import domain_configs as table


class EmbeddedDomainConfigs(DomainConfigs):
    """Configurations as rows, sealed. They are kept and have no effect: every domain's users are in the database."""

    def __init__(self, store: Store, keys: KeyRepository) -> None:
        self._store = store
        self._keys = keys

    def get(self, ctx: Context, domain_id: str) -> Config:
        statement = sa.select(table.c.config).where(table.c.domain_id == domain_id)
        with self._store.read() as connection:
            sealed = connection.execute(statement).scalar()
        config: Config = {} if sealed is None else orjson.loads(self._keys.fernet().decrypt(sealed))
        return config

    def replace(self, ctx: Context, domain_id: str, config: Config) -> None:
        sealed = self._keys.fernet().encrypt(orjson.dumps(config)).decode()
        with self._store.write(rows.TOPIC) as connection:
            demand_domain(connection, domain_id)
            connection.execute(table.delete().where(table.c.domain_id == domain_id))
            if config:
                connection.execute(table.insert().values(domain_id=domain_id, config=sealed))
