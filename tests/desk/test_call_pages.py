"""`/gestione/telefonate`: the next one is taken and opened at its form; a territory's person takes its own alone."""

from __future__ import annotations

from tests.desk.conftest import NewStaff
from tests.fill.person import Person

PAGE = "/gestione/telefonate"


def test_the_next_one_is_taken_and_opened_where_the_call_is_written(coordinator: Person, administrator: Person) -> None:
    page = coordinator.get(PAGE)
    assert page.heading == "Chi chiamare"
    opened = coordinator.press(page, "Chiama la prossima")
    assert opened.path.startswith("/gestione/enti/048017")
    assert "La prendi tu" in opened.text
    assert "fino alle 10:30" in administrator.get(PAGE).text
    assert "Lasciato" in coordinator.press(coordinator.get(PAGE), "Lascia").text


def test_a_territorys_person_takes_its_own_region_alone(coordinator: Person, new_staff: NewStaff) -> None:
    own = new_staff("territory", "04")
    page = own.get(f"{PAGE}?regione=09&motivo=boh")
    assert "Firenze" not in page.text
    page = own.get(PAGE)
    token = page.form(f"{PAGE}/prossima").fields["csrf_token"][0]
    assert own.client.post(f"{PAGE}/048017/prendi", data={"csrf_token": token}).status_code == 404
