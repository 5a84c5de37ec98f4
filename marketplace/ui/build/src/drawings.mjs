/** Turns the line drawings into the files that pages use: one sprite, one pattern per category, the browser's icon. */
import { categories, signs } from "./icons.mjs";

const WEIGHT = 1.8;
const TEAL = "#00534f";
const line = (weight = WEIGHT, colour = "currentColor") =>
  `fill="none" stroke="${colour}" stroke-width="${weight}" stroke-linecap="round" stroke-linejoin="round"`;

const STAR = "M10 1.600l2.550 5.250 5.750.8-4.180 4.020 1.020 5.730L10 14.650 4.860 17.400l1.020-5.730L1.700 7.650l5.750-.8z";
const HALF = "M10 1.600 7.450 6.850l-5.750.8 4.180 4.020-1.020 5.730L10 14.650z";

/** Five stars for every half step, "stars-0" to "stars-10". The number is always written beside them. */
function stars() {
  return Array.from({ length: 11 }, (_, halves) => {
    const drawn = Array.from({ length: 5 }, (_, star) => {
      const left = halves - star * 2;
      const fill = left >= 2 ? `<path d="${STAR}" fill="currentColor" stroke="none"/>` : left === 1 ? `<path d="${HALF}" fill="currentColor" stroke="none"/>` : "";
      return `<g transform="translate(${star * 20} 0)">${fill}<path d="${STAR}" ${line(1.3)}/></g>`;
    });
    return `<symbol id="stars-${halves}" viewBox="0 0 100 20">${drawn.join("")}</symbol>`;
  });
}

export function sprite() {
  const symbols = Object.entries({ ...categories, ...signs }).map(
    ([name, drawing]) => `<symbol id="${name}" viewBox="0 0 32 32"><g ${line()}>${drawing}</g></symbol>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${[...symbols, ...stars()].join("\n")}\n</svg>`;
}

export function favicon() {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${TEAL}"/><g ${line(2.2, "#fff")} transform="translate(2.400 1.600) scale(.85)">${categories["home-care"]}</g></svg>`;
}

// Which drawing stands where beside the words of the home page: name, x, y, size, turn.
const HERO = [
  ["companionship", 20, 108, 62, 6],
  ["garden", 84, 22, 56, -8],
  ["meals", 122, 116, 60, -6],
  ["transport", 176, 34, 60, -5],
  ["home-care", 232, 76, 116, 0],
  ["day-activities", 270, 8, 50, 0],
  ["mental-health", 360, 14, 60, 8],
  ["carers", 380, 104, 68, -6],
];
const HERO_WEIGHT = 2.6;

/** A quiet drawing beside the words of the home page; every line has the same weight, whatever its size. */
export function hero() {
  const drawn = HERO.map(
    ([name, x, y, size, turn]) =>
      `<g transform="translate(${x} ${y}) rotate(${turn} ${size / 2} ${size / 2}) scale(${size / 32})" stroke-width="${((HERO_WEIGHT * 32) / size).toFixed(3)}">${categories[name]}</g>`,
  );
  const common = 'fill="none" stroke="#d6bd99" stroke-linecap="round" stroke-linejoin="round"';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 460 200" width="460" height="200"><g ${common}>${drawn.join("")}</g></svg>`;
}

const GROUNDS = [
  ["#e3efed", "#7fb0aa"],
  ["#f6e8d8", "#d0a680"],
  ["#e9eef5", "#93a9c8"],
  ["#f3e9ef", "#c29ab3"],
  ["#edf0dd", "#a9b377"],
];

/** A picture for a listing without a photograph: its category's drawing, repeated quietly, and once large. */
export function patternFiles() {
  const names = Object.keys(categories);
  return Object.fromEntries(
    names.map((name, index) => {
      const [ground, quiet] = GROUNDS[index % GROUNDS.length];
      const drawing = categories[name];
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 640" width="640" height="640"><defs><pattern id="p" width="72" height="72" patternUnits="userSpaceOnUse" patternTransform="rotate(-10)"><g ${line(WEIGHT, quiet)}><g transform="translate(6 6) scale(.8)">${drawing}</g><g transform="translate(42 42) scale(.8)">${drawing}</g></g></pattern></defs><rect width="640" height="640" fill="${ground}"/><rect width="640" height="640" fill="url(#p)" opacity=".55"/><circle cx="320" cy="320" r="46" fill="${ground}"/><circle cx="320" cy="320" r="40" fill="#fff"/><g transform="translate(294.400 294.400) scale(1.600)"><g ${line(1.6, TEAL)}>${drawing}</g></g></svg>`;
      return [name, svg];
    }),
  );
}
