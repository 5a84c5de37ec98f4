"""The truth table of a payment's states: every pair that is not here is refused."""

from marketplace.kernel.errors import NotAllowed
from payments.domain import PAYMENT_MOVES, PaymentAction, PaymentState

TABLE = """
none           begin             pending
none           capture           paid
pending        authorise         authorised
pending        fail              failed
pending        release           none
pending        capture           paid
failed         begin             pending
failed         authorise         authorised
failed         release           none
failed         capture           paid
authorised     release           none
authorised     capture           paid
paid           refund_part       part_refunded
paid           refund_all        refunded
paid           dispute           disputed
part_refunded  refund_part       part_refunded
part_refunded  refund_all        refunded
part_refunded  dispute           disputed
part_refunded  undo_refund       paid
part_refunded  undo_refund_part  part_refunded
refunded       undo_refund       paid
refunded       undo_refund_part  part_refunded
disputed       win_dispute       paid
disputed       lose_dispute      refunded
disputed       lose_dispute_part part_refunded
review         authorise         authorised
review         capture           paid
review         release           none
review         refund_part       part_refunded
review         refund_all        refunded
"""


def test_every_pair_of_state_and_action_moves_as_the_table_says_or_is_refused() -> None:
    wanted = {tuple(line.split()[:2]): line.split()[2] for line in TABLE.strip().splitlines()}
    for state in PaymentState:
        if state is not PaymentState.REVIEW:
            wanted[state.value, "hold_for_review"] = "review"
    for state in PaymentState:
        for action in PaymentAction:
            try:
                found: str | None = PAYMENT_MOVES.move(state, action).value
            except NotAllowed:
                found = None
            assert found == wanted.get((state.value, action.value)), (state, action)
