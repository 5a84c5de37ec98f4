"""What the demo's people want support to achieve, in their own plain words, by the kind of help that fits."""

WORDS: dict[str, str] = {
    "home-care": "Get up, wash and dress without a fall",
    "meals": "Eat something hot every day",
    "companionship": "See a friendly face in the week",
    "day-opportunities": "Get out and do something I enjoy",
    "sport-leisure": "Stay steady on my feet",
    "respite": "My family gets a rest",
    "personal-assistants": "Somebody I choose helps me with my day",
    "gardening": "Keep my garden safe to walk in",
    "transport": "Get to appointments and to town",
    "cleaning-laundry": "Keep my home clean",
    "equipment": "Use the bathroom safely",
    "technology": "Call for help when I need it",
    "mental-health": "Feel calmer and sleep better",
    "therapies": "Have less pain when I walk",
}
