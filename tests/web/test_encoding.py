"""JSON as Flask writes and reads it here."""

from __future__ import annotations

import pytest

from tests.web.conftest import House


def test_thai_is_written_as_it_is(house: House) -> None:
    assert house.app.json.dumps({"ข": "กขค", "ก": 1.5}) == '{"ข":"กขค","ก":1.5}'


@pytest.mark.parametrize("text", ['{"a": NaN}', '"\\ud800"', "[1,]", ""])
def test_what_is_no_json_is_refused(house: House, text: str) -> None:
    with pytest.raises(ValueError, match=r"line 1|empty"):
        house.app.json.loads(text)


def test_data_in_a_page_cannot_end_its_script(house: House) -> None:
    template = house.app.jinja_env.from_string("<script>{{ data|tojson }}</script>")
    assert template.render(data="</script>&'") == r'<script>"\u003c/script\u003e\u0026\u0027"</script>'
