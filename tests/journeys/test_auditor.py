"""An auditor samples ten orders by keys alone: drawn by chance, each read with a reason, answered, counted."""

import re

from tests.journeys.keyboard import Keys
from tests.journeys.walker import Walker

TEN = 10


def test_an_auditor_samples_ten_orders(walker: Walker) -> None:
    keys = Keys(walker)
    walker.be("auditor")
    keys.press("What stands out")
    keys.press("Samples of purchases")
    walker.heading("Samples of purchases in Darlington")
    keys.type("What is this sample for?", "Ten orders of the quarter")
    keys.type("How many by each rule, at most", "0")
    keys.type("At random: how many of each hundred others", "100")
    keys.type("At random, at most", "ten")
    keys.press("Draw the sample")
    walker.sees("Error")
    keys.type("At random, at most", str(TEN))
    keys.type("Seed", "journey")
    keys.press("Draw the sample")
    walker.heading("Ten orders of the quarter")
    walker.sees(re.compile(f"{TEN} purchases of [0-9,]+ picked, 0 looked at, 0 answered"))
    keys.press(re.compile(r"^[0-9A-Z]{4}-[0-9A-Z]{4}$"))
    for number in range(1, TEN + 1):
        # One may stand in the sample for somebody at whom the auditor looks already: then it is open.
        if walker.page.get_by_label("Why do you look?").count():
            keys.type("Why do you look?", f"Number {number} of the sample")
            keys.press("Look")
        walker.sees("With whose leave")
        walker.sees("What happened")
        if number == TEN:
            keys.choose("For council finance", among="It is all right")
            keys.type("In a few words", "The price is twice that of last month")
        else:
            keys.choose("It is all right", among="It is all right")
            keys.type("In a few words", "It serves the outcome, and the price is that of the listing")
        keys.press("Keep this answer")
    walker.heading("Ten orders of the quarter")
    walker.sees(re.compile(f"{TEN} looked at, {TEN} answered, 1 not all right"))
    keys.press(re.compile(r"^[0-9A-Z]{4}-[0-9A-Z]{4}$"))
    keys.press("Its whole money story")
    walker.heading("The money of order")
