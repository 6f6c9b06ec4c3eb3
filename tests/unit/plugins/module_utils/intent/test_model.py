"""The site's model: its forms, and where the mirror keeps them."""

from __future__ import annotations

import dataclasses
import re

import pytest
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.bundle import Bundle
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.model import (
    Form,
    forms,
    model_faults,
    not_in_mirror,
    site_forms,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.intent.site import Site
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.models import MODELS
from ansible_collections.baremetal.sglang.plugins.module_utils.planning.plan import Model, Plan

from tests.unit.plugins.module_utils.intent.samples import CATALOGUE, PLAN, SITE, plan, site

FP8 = Form("fp8", "deepseek-ai/DeepSeek-R1", 688_586_727_753)
R1 = site(site_model="deepseek-r1")


def of(model: str, weight_format: str) -> Plan:
    return plan(model=Model(model, weight_format))


def asking(weight_format: object) -> Site:
    return dataclasses.replace(R1, site_constraints={"weight_format": weight_format})


def test_a_part_of_the_catalogue_keeps_its_directory_and_its_pin() -> None:
    (form,) = forms("smollm2", CATALOGUE.parts, own_files=False)
    assert form == Form("", "smollm2", 0, "0" * 64)
    assert forms("smollm2", CATALOGUE.parts, own_files=True) == (form,)


def test_each_format_of_a_planned_model_lies_below_its_repository() -> None:
    known = forms("deepseek-r1", CATALOGUE.parts, own_files=False)
    assert known[0] == FP8
    assert known[1] == Form("bfloat16", "unsloth/DeepSeek-R1-BF16", 1_368_979_721_216)
    assert {form.digest for form in known} == {""}


@pytest.mark.parametrize("name", sorted(MODELS))
def test_no_two_formats_of_a_model_share_a_directory(name: str) -> None:
    directories = [form.directory for form in forms(name, {}, own_files=False)]
    assert len(set(directories)) == len(directories) > 0
    for directory in directories:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", directory)


def test_a_model_of_its_own_lies_below_its_name() -> None:
    assert forms("mine-7b", CATALOGUE.parts, own_files=True) == (Form("", "mine-7b"),)
    assert forms("deepseek-r1", CATALOGUE.parts, own_files=True) == (Form("", "deepseek-r1"),)


@pytest.mark.parametrize("name", ["", "engine", "mine-7b"])
def test_a_name_that_nothing_knows_has_no_form(name: str) -> None:
    assert forms(name, CATALOGUE.parts, own_files=False) == ()


@pytest.mark.parametrize("name", ["", "../etc", "a/b", ".hidden", "a@b"])
def test_a_name_that_leaves_its_directory_has_no_form(name: str) -> None:
    assert forms(name, CATALOGUE.parts, own_files=True) == ()


def test_a_plan_or_a_constraint_leaves_one_form() -> None:
    assert len(site_forms(R1, None, CATALOGUE)) == 7
    assert site_forms(R1, of("deepseek-r1", "fp8"), CATALOGUE) == (FP8,)
    assert site_forms(asking("fp8"), None, CATALOGUE) == (FP8,)
    assert len(site_forms(asking(8), None, CATALOGUE)) == 7


def test_the_plan_of_another_model_says_nothing_about_the_format() -> None:
    assert len(site_forms(R1, of("deepseek-v3", "fp8"), CATALOGUE)) == 7


def test_a_part_is_served_in_whatever_format_the_plan_names() -> None:
    assert len(site_forms(SITE, of("smollm2", "float16"), CATALOGUE)) == 1


def found(given: Site, planned: Plan | None = None) -> list[tuple[str, str, str, str]]:
    return [
        (fault.code, fault.where, fault.found, fault.fix)
        for fault in model_faults(given, planned, CATALOGUE)
    ]


@pytest.mark.parametrize(
    "given", [SITE, R1, asking("fp8"), site(site_model="mine-7b", site_model_directory="/m")]
)
def test_a_model_that_is_known_has_no_fault(given: Site) -> None:
    assert found(given) == []
    assert found(given, PLAN) == []


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("smollm", "write smollm2"),
        ("DeepSeek-R1", "write deepseek-r1"),
        ("", "choose one, or set site_model_directory to the files of a model of your own"),
    ],
)
def test_an_unknown_model_has_the_nearest_one_as_its_fix(name: str, fix: str) -> None:
    assert found(site(site_model=name)) == [("unknown_model", "site_model", repr(name), fix)]


def test_a_name_of_its_own_must_be_one_that_the_nodes_can_keep() -> None:
    given = site(site_model="mine/7b", site_model_directory="/m")
    assert found(given) == [("value_invalid", "site_model", "'mine/7b'", "correct site_model")]


@pytest.mark.parametrize(
    ("given", "planned", "where"),
    [
        (asking("fp9"), None, "site_constraints.weight_format"),
        (R1, of("deepseek-r1", "fp9"), "plan.yml: model.format"),
    ],
)
def test_a_format_that_the_model_lacks_is_named_where_it_was_written(
    given: Site, planned: Plan | None, where: str
) -> None:
    assert found(given, planned) == [("unknown_weight_format", where, "'fp9'", "write fp8")]


def test_a_mirror_without_the_model_is_told_directory_and_size() -> None:
    bundle = Bundle("cp1", "/srv/bundle", "", {}, {})
    fault = not_in_mirror(bundle, (FP8,))
    assert (fault.where, fault.found) == ("cp1:/srv/bundle/models", "no such directory")
    assert fault.needed == "deepseek-ai/DeepSeek-R1 (641.3 GiB), with the SHA-256 list"
    several = not_in_mirror(bundle, (FP8, Form("", "mine-7b")))
    assert several.found == "none of these directories"
    assert several.needed == (
        "one of deepseek-ai/DeepSeek-R1 (641.3 GiB), mine-7b, with the SHA-256 list"
    )
