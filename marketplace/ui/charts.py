"""Charts drawn on the server as SVG. Each is given with the table of the same figures; neither stands alone.

Colours are Okabe and Ito's, with dark outlines because orange, sky and yellow alone are under 3:1 on white. Bars begin at
zero. No style attributes: the content security policy forbids them.
"""

from markupsafe import Markup, escape

INK = "#1c2b2a"


def balance_drawing(spent_pence: int, held_pence: int, left_pence: int) -> Markup:
    """The one bar of a budget: spent (dark), kept aside (striped), left now (pale), in proportion; hidden from readers
    that speak, because the figures stand beside it. A cut that overcommits makes `left_pence` negative: drawn as 0.
    """
    parts = [max(0, spent_pence), max(0, held_pence), max(0, left_pence)]
    whole = sum(parts)
    edges = [0]
    for index in range(3):
        edges.append(1000 * sum(parts[: index + 1]) // whole if whole else 0)
    fills = (INK, "url(#kept-aside)", "#d5e8e5")
    bars = Markup("").join(
        Markup('<rect x="{}" y="0" width="{}" height="34" fill="{}"/>').format(start, end - start, fill)
        for start, end, fill in zip(edges, edges[1:], fills, strict=False)
        if end > start
    )
    return Markup(
        '<svg class="app-balance__bar" viewBox="0 0 1000 34" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<defs><pattern id="kept-aside" width="12" height="12" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="12" height="12" fill="#f6c79f"/><rect width="6" height="12" fill="#b3470a"/></pattern></defs>'
        f'<rect x="0" y="0" width="1000" height="34" fill="#ffffff"/>{bars}'
        f'<rect x="1" y="1" width="998" height="32" fill="none" stroke="{escape(INK)}" stroke-width="2"'
        ' vector-effect="non-scaling-stroke"/></svg>'
    )
