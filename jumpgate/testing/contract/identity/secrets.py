"""What logging in, and what users keep for their programs, owes."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, Forbidden, NotFound, Unauthorized
from jumpgate.common.listing import EVERYTHING
from jumpgate.identity.models import (
    AccessRule,
    ApplicationCredential,
    ApplicationCredentialSpec,
    Scope,
    Trust,
    TrustSpec,
    UserReference,
)
from jumpgate.testing.contract.collection import Stock
from jumpgate.testing.contract.identity.accounts import assign
from jumpgate.testing.contract.identity.things import CONSUMER, CREDENTIAL, DOMAIN, PASSWORD, PROJECT, ROLE, USER
from jumpgate.testing.contract.suite import Bench, Contract, Made, needs
from jumpgate.testing.contract.traits import Changeable, Identified, Uniform


class TestAuthentication(Contract):
    """Logging in."""

    resource = "authentication"

    @needs("verify_password")
    def test_the_given_user_logs_in(self, bench: Bench, alice: Context) -> None:
        given = bench.cloud.given
        if given.user_id is None or given.password is None:
            pytest.skip("no user is given: Given(user_id=..., password=...)")
        verified = bench.authentication.verify_password(alice, UserReference(id=given.user_id), given.password)

        assert verified.user.id == given.user_id
        for reference, password in (
            (UserReference(id=given.user_id), f"{given.password}x"),
            (UserReference(id=given.user_id), ""),
            (UserReference(id=bench.missing(given.user_id)), given.password),
            (UserReference(name="contract-nobody", domain_id="default"), given.password),
        ):
            with pytest.raises(Unauthorized):
                bench.authentication.verify_password(alice, reference, password)

    @needs("verify_password", "users.update")
    def test_a_user_logs_in_by_name_until_disabled(self, made: Made, admin: Context) -> None:
        user, authentication = made.make(USER), made.bench.authentication
        reference = UserReference(name=user.name, domain_id="default")
        assert authentication.verify_password(admin, reference, PASSWORD).user.id == user.id
        made.bench.users.update(admin, user.id, {"enabled": False})
        with pytest.raises(Unauthorized):
            authentication.verify_password(admin, reference, PASSWORD)

    @needs("change_password", "verify_password")
    def test_a_user_changes_the_password(self, made: Made, admin: Context) -> None:
        user, authentication = made.make(USER), made.bench.authentication
        other = f"{PASSWORD}-other"
        with pytest.raises(Unauthorized):
            authentication.change_password(admin, user.id, "wrong", other)
        authentication.change_password(admin, user.id, PASSWORD, other)

        reference = UserReference(id=user.id)
        assert authentication.verify_password(admin, reference, other).user.id == user.id
        with pytest.raises(Unauthorized):
            authentication.verify_password(admin, reference, PASSWORD)

    @needs("find_roles")
    def test_a_user_holds_the_roles_that_areassigned(self, made: Made, admin: Context) -> None:
        user, project, other = made.make(USER), made.make(PROJECT), made.make(PROJECT)
        role_id = assign(made, admin, user_id=user.id, scope=Scope(project_id=project.id))
        roles = made.bench.authentication.find_roles

        assert [role.id for role in roles(admin, user.id, Scope(project_id=project.id))] == [role_id]
        assert list(roles(admin, user.id, Scope(project_id=other.id))) == []


class TestRevocations(Contract):
    """Tokens that were given back."""

    resource = "revocations"

    @needs("create", "are_revoked")
    def test_a_token_that_was_given_back_is_void(self, bench: Bench, admin: Context) -> None:
        audit_id, other = uuid.uuid4().hex[:22], uuid.uuid4().hex[:22]
        bench.revocations.create(admin, audit_id, dt.datetime.now(dt.UTC) + dt.timedelta(hours=1))

        assert bench.revocations.are_revoked(admin, (other, audit_id))
        assert not bench.revocations.are_revoked(admin, (other,))
        assert not bench.revocations.are_revoked(admin, ())


class TestCredentials(Changeable, Identified, Uniform):
    """Secrets that users keep for other services."""

    resource = "credentials"
    thing = CREDENTIAL

    @needs("create")
    def test_a_taken_id_is_a_conflict(self, stock: Stock, made: Made) -> None:
        with pytest.raises(Conflict):
            self.contract.create(stock.ctx, CREDENTIAL.spec(made, stock.ctx, "x", id=stock.one.id))


class TestConsumers(Changeable, Uniform):
    """Programs that are known for OAuth."""

    resource = "consumers"
    thing = CONSUMER

    @needs("create", "get")
    def test_the_secret_is_told_once(self, made: Made, admin: Context) -> None:
        consumer = made.make(CONSUMER)

        assert consumer.secret
        assert self.contract.get(admin, consumer.id).secret is None


class TestApplicationCredentials(Contract):
    """Credentials that users make for their programs."""

    resource = "application_credentials"

    def make(self, made: Made, ctx: Context, **more: Any) -> ApplicationCredential:
        """Make a credential of a user of its own, or of another."""
        user_id = more.pop("user_id", None) or made.make(USER).id
        spec = ApplicationCredentialSpec(
            name=more.pop("name", made.bench.name()),
            user_id=user_id,
            project_id=made.make(PROJECT).id,
            role_ids=(made.make(ROLE).id,),
            **more,
        )
        credential: ApplicationCredential = made.bench.application_credentials.create(ctx, spec)
        made.later(lambda: made.bench.application_credentials.delete(ctx, credential.id))
        return credential

    @needs("create", "find", "get", "verify", "delete")
    def test_a_credential_logs_in_until_it_goes(self, made: Made, admin: Context) -> None:
        credentials, credential = made.bench.application_credentials, self.make(made, admin)
        assert credential.secret
        got = credentials.get(admin, credential.id)

        assert (got.name, got.role_ids, got.secret) == (credential.name, credential.role_ids, None)
        assert credentials.verify(admin, credential.id, credential.secret).id == credential.id
        assert [item.id for item in credentials.find(admin, credential.user_id, EVERYTHING)] == [credential.id]
        for key, secret in ((credential.id, "wrong"), (made.bench.missing(credential.id), credential.secret)):
            with pytest.raises((Unauthorized, NotFound)):
                credentials.verify(admin, key, secret)
        credentials.delete(admin, credential.id)
        for call in (credentials.get, credentials.delete):
            with pytest.raises(NotFound):
                call(admin, credential.id)

    @needs("create")
    def test_a_users_credentials_have_different_names(self, made: Made, admin: Context) -> None:
        credential = self.make(made, admin)
        with pytest.raises(Conflict):
            self.make(made, admin, name=credential.name, user_id=credential.user_id)

    @needs("create", "find_access_rules", "delete_access_rule", "delete")
    def test_an_access_rule_stays_while_a_credential_has_it(self, made: Made, admin: Context) -> None:
        credentials = made.bench.application_credentials
        rule = AccessRule(id="", service="compute", method="GET", path="/v2.1/servers")
        credential = self.make(made, admin, access_rules=(rule,))
        (kept,) = credentials.find_access_rules(admin, credential.user_id)

        assert (kept.service, kept.method, kept.path) == (rule.service, rule.method, rule.path)
        with pytest.raises(Forbidden):
            credentials.delete_access_rule(admin, credential.user_id, kept.id)
        credentials.delete(admin, credential.id)
        credentials.delete_access_rule(admin, credential.user_id, kept.id)
        with pytest.raises(NotFound):
            credentials.delete_access_rule(admin, credential.user_id, kept.id)


class TestTrusts(Contract):
    """What users let other users do in their place."""

    resource = "trusts"

    def make(self, made: Made, ctx: Context, **more: Any) -> Trust:
        """Make a trust between users of its own."""
        trust: Trust = made.bench.trusts.create(
            ctx,
            TrustSpec(
                trustor_user_id=made.make(USER).id,
                trustee_user_id=made.make(USER).id,
                impersonation=False,
                project_id=made.make(PROJECT).id,
                role_ids=(made.make(ROLE).id,),
                **more,
            ),
        )
        made.later(lambda: made.bench.trusts.delete(ctx, trust.id))
        return trust

    @needs("create", "find", "get", "delete")
    def test_a_trust_comes_and_goes(self, made: Made, admin: Context) -> None:
        trusts, trust = made.bench.trusts, self.make(made, admin)

        assert trusts.get(admin, trust.id).role_ids == trust.role_ids
        for named in ({"trustor_user_id": trust.trustor_user_id}, {"trustee_user_id": trust.trustee_user_id}):
            assert [item.id for item in trusts.find(admin, **named)] == [trust.id]
        trusts.delete(admin, trust.id)
        for call in (trusts.get, trusts.delete, trusts.consume):
            with pytest.raises(NotFound):
                call(admin, trust.id)

    @needs("create", "consume", "get")
    def test_uses_are_counted_down(self, made: Made, admin: Context) -> None:
        trusts, trust = made.bench.trusts, self.make(made, admin, remaining_uses=1)
        trusts.consume(admin, trust.id)

        with pytest.raises(Unauthorized):
            trusts.consume(admin, trust.id)
        unbounded = self.make(made, admin)
        trusts.consume(admin, unbounded.id)
        assert trusts.get(admin, unbounded.id).remaining_uses is None

    @needs("create")
    def test_nobody_is_trusted_who_does_not_exist(self, made: Made, admin: Context) -> None:
        user = made.make(USER)
        spec = TrustSpec(trustor_user_id=user.id, trustee_user_id=made.bench.missing(user.id), impersonation=False)
        with pytest.raises(NotFound):
            made.bench.trusts.create(admin, spec)


class TestDomainConfigs(Contract):
    """What a domain's own backend is configured with."""

    resource = "domain_configs"

    @needs("get", "replace")
    def test_a_domain_has_options_until_they_are_taken_away(self, made: Made, admin: Context) -> None:
        configs, domain = made.bench.domain_configs, made.make(DOMAIN)
        options = {"identity": {"driver": "ldap"}, "ldap": {"url": "ldap://contract.example", "password": "x"}}
        assert not configs.get(admin, domain.id)
        configs.replace(admin, domain.id, options)
        assert configs.get(admin, domain.id) == options
        configs.replace(admin, domain.id, {})
        assert not configs.get(admin, domain.id)
        with pytest.raises(NotFound):
            configs.replace(admin, made.bench.missing(domain.id), options)
