from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.enrich.condition import (
    And,
    Compare,
    ConditionError,
    Exists,
    Expr,
    FieldRef,
    Macro,
    Not,
    Or,
    Transform,
    Value,
    evaluate,
    fields_of,
    format_condition,
    parse_condition,
    trace,
    unreadable_patterns,
)


def holds(text: str, **fields: object) -> bool | None:
    return evaluate(parse_condition(text), {key.replace("__", "."): value for key, value in fields.items()})


@pytest.mark.parametrize(
    ("text", "fields", "expected"),
    [
        ("proc.name = bash", {"proc.name": "bash"}, True),
        ("proc.name == bash", {"proc.name": "bash"}, True),
        ("proc.name=bash", {"proc.name": "Bash"}, False),
        ("proc.name != bash", {"proc.name": "sh"}, True),
        ("proc.name != bash", {}, None),
        ("proc.tty != 0", {"proc.tty": 34816}, True),
        ("fd.sport >= 1024", {"fd.sport": 1024}, True),
        ("fd.sport >= 1024", {"fd.sport": "80"}, False),
        ("fd.sport < 0x10", {"fd.sport": 15}, True),
        ("proc.name < 5", {"proc.name": "bash"}, None),
        ("proc.duration <= 5000000000", {"proc.duration": 5000000001}, False),
        ("evt.arg.x = 18446744073670260079", {"evt.arg.x": 18446744073670260079}, True),
        ("proc.cmdline contains '--flag x'", {"proc.cmdline": "a --flag x b"}, True),
        ("proc.cmdline icontains FLAG", {"proc.cmdline": "a --flag"}, True),
        ("evt.buffer bcontains 6162", {"evt.buffer": "xaby"}, True),
        ("evt.buffer bstartswith 6162", {"evt.buffer": "xaby"}, False),
        ("fd.name startswith /etc/", {"fd.name": "/etc/shadow"}, True),
        ("fd.name endswith shadow", {"fd.name": "/etc/shadow"}, True),
        ("fd.name glob '/home/*/.ssh/*'", {"fd.name": "/home/a/b/.ssh/id"}, True),
        ("fd.name glob /x?[ab]", {"fd.name": "/xya"}, True),
        ("fd.name iglob /X*", {"fd.name": "/xy"}, True),
        ("proc.name regex 'python[23](\\.[0-9]+)?'", {"proc.name": "python3.11"}, True),
        ("proc.name regex python", {"proc.name": "python3"}, False),
        ("proc.name in (a, \"b c\", 'd')", {"proc.name": "b c"}, True),
        ("proc.name in ()", {"proc.name": "a"}, False),
        ("k8s.ns.name intersects (a, b)", {"k8s.ns.name": ["x", "b"]}, True),
        ("ka.images in (a, b)", {"ka.images": ["a", "c"]}, False),
        ("ka.images in (a, b)", {"ka.images": "(a,b)"}, False),
        ("ka.images intersects (a, c)", {"ka.images": "(a,b)"}, True),
        ("fd.name pmatch (/var/run, /etc)", {"fd.name": "/etc/shadow"}, True),
        ("fd.name pmatch (/var/run)", {"fd.name": "/var/running"}, False),
        ("fd.name exists", {"fd.name": "x"}, True),
        ("fd.name exists", {"fd.name": None}, False),
        ("fd.name exists", {}, False),
        ("proc.aname[2] = sshd", {"proc.aname[2]": "sshd"}, True),
        ("ka.uri.param[x] = 1", {"ka.uri.param[x]": "1"}, True),
        ("jevt.value[/a/b] = c", {"jevt.value[/a/b]": "c"}, True),
        ("toupper(proc.name) = BASH", {"proc.name": "bash"}, True),
        ("tolower(proc.name) = bash", {"proc.name": "BASH"}, True),
        ("basename(proc.exepath) = sh", {"proc.exepath": "/bin/sh"}, True),
        ("len(proc.args) > 3", {"proc.args": "abcd"}, True),
        ("b64(evt.buffer) = hi", {"evt.buffer": "aGk="}, True),
        ("b64(evt.buffer) = hi", {"evt.buffer": "%%"}, None),
        ("proc.name = val(proc.pname)", {"proc.name": "a", "proc.pname": "a"}, True),
        ("proc.name = val(proc.pname)", {"proc.name": "a"}, None),
        ("tolower(proc.name) = tolower(proc.pname)", {"proc.name": "A", "proc.pname": "a"}, True),
        ("evt.is_open_write = true", {"evt.is_open_write": True}, True),
        ("evt.failed = false", {"evt.failed": True}, False),
        ("proc.name startswith anyof (ku, et)", {"proc.name": "etcd"}, True),
        ("proc.name startswith oneof (e, et)", {"proc.name": "etcd"}, False),
        ("proc.name != allof (a, b)", {"proc.name": "c"}, True),
        ("proc.name = anyof ()", {"proc.name": "c"}, False),
        ("user.name = root", {"user.name": "<NA>"}, None),
        ('proc.name in ("<NA>", "N/A")', {"proc.name": "<NA>"}, True),
        ("never_true", {}, False),
        ("evt.num = 0", {}, False),
        ("no_such_macro", {}, None),
    ],
)
def test_operators_mean_what_falco_means(text, fields, expected):
    assert evaluate(parse_condition(text), fields) is expected


@pytest.mark.parametrize("value", [-1, 4294967295, "-1", "4294967295"])
def test_an_unset_login_user_is_minus_one_in_both_spellings(value):
    assert holds("user.loginuid = -1", user__loginuid=value) is True
    assert holds("user.loginuid = 4294967295", user__loginuid=value) is True
    assert holds("user.loginuid != -1", user__loginuid=value) is False
    assert holds("user.loginuid >= 0", user__loginuid=value) is False


def test_login_user_zero_is_not_unset():
    assert holds("user.loginuid = -1", user__loginuid=0) is False
    assert holds("user.loginuid >= 0", user__loginuid=0) is True


def test_an_unset_uid_is_no_small_uid():
    assert holds("user.uid < 1000", user__uid=4294967295) is False


def test_any_ancestor_may_match_and_none_seen_is_unknown():
    assert holds("proc.aname = sshd", **{"proc.aname[3]": "sshd"}) is True
    assert holds("proc.aname in (sshd, login)", proc__pname="login") is True
    assert holds("proc.aname = sshd", proc__pname="bash") is None
    assert holds("not proc.aname = sshd", proc__pname="bash") is None


def test_ancestors_zero_and_one_are_the_process_and_its_parent():
    assert holds("proc.aname[1] = bash", proc__pname="bash") is True
    assert holds("proc.aname[0] = cat", proc__name="cat") is True


def test_directory_and_file_name_come_from_the_path():
    assert holds("fd.directory = /etc", fd__name="/etc/shadow") is True
    assert holds("fd.filename = shadow", fd__name="/etc/shadow") is True
    assert holds("fd.directory = /etc", fd__name="192.0.2.1:1->192.0.2.2:2") is None


def test_networks_contain_addresses():
    assert holds("fd.rnet in (192.0.2.0/24)", fd__rip="192.0.2.7") is True
    assert holds("fd.sip = 192.0.2.0/24", fd__sip="203.0.113.1") is False


def test_null_is_unknown_and_not_the_word():
    assert evaluate(parse_condition("container.image.repository = null"), {"container.image.repository": None}) is None


def test_unknown_does_not_spread_past_a_decision():
    assert holds("proc.name = a and fd.name = x", proc__name="b") is False
    assert holds("proc.name = a or fd.name = x", proc__name="a") is True
    assert holds("proc.name = a and fd.name = x", proc__name="a") is None


def test_macros_are_looked_up_and_a_circle_is_unknown():
    macros = {"shell": parse_condition("proc.name in (sh, bash)"), "loop": parse_condition("loop")}
    assert evaluate(parse_condition("not shell"), {"proc.name": "sh"}, macros) is False
    assert evaluate(parse_condition("loop"), {}, macros) is None


def test_trace_says_what_held_what_failed_and_what_is_missing():
    outcomes = trace(
        parse_condition("proc.name = a and not fd.name startswith /etc and user.name=x"), {"proc.name": "a"}
    )
    assert [(o.text, o.held, o.negated, o.missing) for o in outcomes] == [
        ("proc.name = a", True, False, ()),
        ("fd.name startswith /etc", None, True, ("fd.name",)),
        ("user.name = x", None, False, ("user.name",)),
    ]
    assert outcomes[0].values == (("proc.name", "a"),)


def test_fields_are_listed_once_and_in_order():
    expr = parse_condition("b.x=1 and (a.y=2 or b.x=val(c.z)) and m and proc.aname[2] exists")
    assert fields_of(expr) == ("b.x", "a.y", "c.z", "proc.aname[2]")


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        ("", 1, 1, "a field, a macro name or '('"),
        ("proc.name", 1, 10, "an operator"),
        ("proc.name =", 1, 12, "a value"),
        ("proc.name in", 1, 13, "a list in parentheses"),
        ("proc.name in (a b)", 1, 17, "',' or ')'"),
        ("proc.name in (a,)", 1, 17, "a value"),
        ("(proc.name=a", 1, 13, "')'"),
        ("proc.name=a and", 1, 16, "a field"),
        ("proc.name=a or\n  (", 2, 4, "a field"),
        ("proc.name=a b", 1, 13, "'and', 'or'"),
        ("fd.num < many", 1, 10, "a number"),
        ("not", 1, 4, "a field"),
        ("and x", 1, 1, "a field"),
        ("proc.aname[2 = a", 1, 13, "']'"),
        ("proc.aname[] = a", 1, 12, "an argument"),
        ('proc.name = "a', 1, 13, "a closing"),
        ("tolower(x) = 1", 1, 9, "a field inside tolower()"),
        ("proc.name ~ x", 1, 11, "an operator"),
    ],
)
def test_a_broken_condition_says_where_and_what_was_expected(text, line, column, expected):
    with pytest.raises(ConditionError) as caught:
        parse_condition(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert expected in caught.value.expected


def test_deep_nesting_is_refused_not_crashed():
    with pytest.raises(ConditionError, match="nested too deeply"):
        parse_condition("(" * 5000 + "a" + ")" * 5000)
    with pytest.raises(ConditionError, match="nested too deeply"):
        parse_condition("tolower(" * 5000)


def test_words_that_start_like_operators_are_still_words():
    assert parse_condition("order or android and nothing") == Or(
        (Macro("order"), And((Macro("android"), Macro("nothing"))))
    )
    assert parse_condition("not(a.b=c)and(d)") == And((Not(parse_condition("a.b=c")), Macro("d")))


NAMES = st.sampled_from(["proc.name", "fd.name", "user.uid", "proc.aname", "ka.x"])
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8).filter(lambda t: "\x0b" not in t)
FIELDS = st.builds(FieldRef, NAMES, st.one_of(st.none(), st.sampled_from(["2", "/a/b", 'x"y', "a]b", "é"])))
LEFT = st.one_of(FIELDS, st.builds(lambda n, f: Transform(n, (f,)), st.sampled_from(["tolower", "len"]), FIELDS))
VALUES = st.builds(Value, TEXTS)
LEAVES = st.one_of(
    st.builds(Compare, LEFT, st.sampled_from(["=", "!=", "contains", "startswith", "glob", "regex"]), VALUES),
    st.builds(Compare, LEFT, st.sampled_from(["<", ">="]), st.builds(Value, st.integers().map(str))),
    st.builds(
        Compare,
        LEFT,
        st.sampled_from(["in", "intersects", "pmatch", "startswith anyof", "= oneof"]),
        st.lists(VALUES, max_size=3).map(tuple),
    ),
    st.builds(Compare, LEFT, st.just("="), st.builds(lambda f: Transform("val", (f,)), FIELDS)),
    st.builds(Exists, LEFT),
    st.builds(Macro, st.sampled_from(["spawned_process", "never_true", "a1_"])),
)


@st.composite
def exprs(draw: st.DrawFn, depth: int = 3) -> Expr:
    shape = draw(st.integers(0, 4)) if depth else 0
    if shape < 2:
        return draw(LEAVES)
    if shape == 2:
        child = draw(exprs(depth - 1))
        return child if isinstance(child, Not) else Not(child)
    children = tuple(draw(exprs(depth - 1)) for _ in range(draw(st.integers(2, 3))))
    return And(children) if shape == 3 else Or(children)


ALERTS = st.dictionaries(
    st.sampled_from(["proc.name", "fd.name", "user.uid", "proc.aname[2]", "proc.pname", "ka.x"]),
    st.one_of(st.none(), st.booleans(), st.integers(), TEXTS, st.lists(TEXTS, max_size=2), st.just({"a": 1})),
)


@given(exprs())
@settings(max_examples=150, deadline=timedelta(seconds=5))
def test_what_is_written_reads_back_as_it_was(expr):
    assert parse_condition(format_condition(expr)) == expr


@given(exprs(), exprs(), ALERTS)
@settings(max_examples=150, deadline=timedelta(seconds=5))
def test_de_morgan_holds_with_unknowns(left, right, alert):
    assert evaluate(Not(And((left, right))), alert) == evaluate(Or((Not(left), Not(right))), alert)
    assert evaluate(Not(Or((left, right))), alert) == evaluate(And((Not(left), Not(right))), alert)


@given(exprs(), ALERTS)
@settings(max_examples=150, deadline=timedelta(seconds=5))
def test_evaluation_answers_whatever_the_alert_holds(expr, alert):
    assert evaluate(expr, alert) in {True, False, None}
    assert trace(expr, alert)


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=timedelta(seconds=5))
def test_any_text_parses_or_is_refused_with_a_place(text):
    error = None
    try:
        parse_condition(text)
    except ConditionError as caught:
        error = caught
    assert error is None or (error.column >= 1 and error.expected)


def test_patterns_that_cannot_be_run_are_named_and_leave_the_comparison_unknown():
    expr = parse_condition("proc.name regex '(a)\\1' or proc.name regex ok")
    assert [pattern for pattern, _ in unreadable_patterns(expr)] == ["(a)\\1"]
    assert evaluate(expr, {"proc.name": "x"}) is None
