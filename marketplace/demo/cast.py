"""The ten people one can be in the demo, in the order of its page."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """A part to play: its stable name, who it is, a sentence about them and something to try."""

    role: str
    name: str
    email: str
    icon: str
    what: str
    who: str
    to_try: str


CAST = (
    Part(
        "self-funder",
        "Edith Fairweather",
        "edith@demo.example",
        "basket",
        "Pays with her own money",
        "Edith is 78, lives alone in Darlington and buys a little help with her own money.",
        "Find gardening near DL3 7TX, put it in the basket with a meal from somebody else, and pay by card.",
    ),
    Part(
        "dp-holder",
        "Tomasz Brightwell",
        "tomasz@demo.example",
        "budget",
        "Has a direct payment",
        "Tomasz uses a wheelchair and arranges his own support from a direct payment.",
        "Book a personal assistant from “Support”, then look at My money. Try to spend more than is left.",
    ),
    Part(
        "budget-manager",
        "Priya Lanternlight",
        "priya@demo.example",
        "person",
        "Budget Manager for twelve people",
        "Priya works for Steady Hand Brokerage and looks after the budgets of twelve people.",
        "Open the caseload, shop for one person, and order something above £200: a colleague has to agree.",
    ),
    Part(
        "nominated-person",
        "Grace Oakenfold",
        "grace@demo.example",
        "person",
        "Manages her father’s direct payment",
        "Grace is the nominated person for her father Albert, who finds forms hard.",
        "Buy something for Albert and see both names on the order.",
    ),
    Part(
        "provider",
        "Fenella Furrow",
        "fenella@demo.example",
        "garden",
        "Sells gardening",
        "Fenella runs Fern and Furrow on her own: a micro-enterprise.",
        "Answer an order, say that it is done, and look at what the levy took.",
    ),
    Part(
        "commissioner",
        "Colin Overstreet",
        "colin@demo.example",
        "information",
        "Shapes care in Darlington",
        "Colin reads what people buy, where, at what price, and what they looked for and did not find.",
        "Open the reports, choose a kind of help, and take the figures away as CSV.",
    ),
    Part(
        "council-finance",
        "Farah Ledgerwood",
        "farah@demo.example",
        "budget",
        "Council finance",
        "Farah sets up budgets and settles what the council manages itself.",
        "Load budgets from a CSV with a mistake in it, or prepare a settlement for a colleague to send.",
    ),
    Part(
        "social-worker",
        "Sadie Workwell",
        "sadie@demo.example",
        "person",
        "Social worker with a tablet",
        "Sadie sits with people at home, from what they want to help that does it.",
        "Open a plan, find help for one outcome, and order it together.",
    ),
    Part(
        "operator",
        "Olive Marketer",
        "olive@demo.example",
        "tick",
        "Runs this site",
        "Olive approves providers and listings and sorts out what went wrong.",
        "Look at the desk: somebody new wants to sell, and a listing waits.",
    ),
    Part(
        "access-point",
        "Libby Shelfworth",
        "libby@demo.example",
        "libraries",
        "Library, for people without internet",
        "Libby works at the library and orders together with people who have no email.",
        "Find Mabel Noemail of DL1 3HL, note that she agrees, order a hot meal with her and print the receipt.",
    ),
)
"""Also the addresses by which the loader and the sign-in buttons know them."""

COLLEAGUES = (
    Part(
        "second-budget-manager",
        "Owen Steadfast",
        "owen@demo.example",
        "person",
        "Priya’s colleague",
        "Owen agrees to what Priya prepares above her limit, or sends it back.",
        "Open Approvals: something waits.",
    ),
    Part(
        "broker",
        "Bryony Candlewick",
        "bryony@demo.example",
        "person",
        "Looks after eighty people",
        "Bryony of the same brokerage has a monthly round to do.",
        "Open the caseload, and order again what was ordered last month.",
    ),
    Part(
        "team-lead",
        "Leda Evenhand",
        "leda@demo.example",
        "person",
        "Leads Priya, Owen and Bryony",
        "Leda says which colleague acts for whom, and acts for nobody.",
        "Open My team and name a stand-in for Bryony.",
    ),
    Part(
        "second-finance",
        "Stanley Countwell",
        "stanley@demo.example",
        "budget",
        "Farah’s colleague",
        "Stanley sends the settlement that Farah prepared, and agrees to a cut.",
        "Open Settlement.",
    ),
    Part(
        "fund-holder",
        "Ivor Fundholm",
        "ivor@demo.example",
        "budget",
        "Holds individual service funds",
        "Ivor’s organisation holds Peregrine’s fund and pays the providers he chose; Nora agrees.",
        "Open Settlement.",
    ),
    Part(
        "auditor",
        "Augusta Checkley",
        "augusta@demo.example",
        "search",
        "Audits the council",
        "Augusta asks of any purchase who spent it, for what, and with whose leave.",
        "Open What stands out, then Samples, and draw ten orders at random.",
    ),
    Part(
        "second-operator",
        "Otto Stallholder",
        "otto@demo.example",
        "tick",
        "Olive’s colleague",
        "Otto agrees to refunds above £200.",
        "Open the desk.",
    ),
    Part(
        "second-provider",
        "Nell Garthside’s kitchen",
        "nell-garthside-lunches@demo.example",
        "meals",
        "Cooks lunches",
        "Nell cooks lunch for four neighbours and sells it here.",
        "Answer an order.",
    ),
)
"""The second persons that some acts need, below the ten on the page."""
