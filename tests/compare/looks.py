"""Scripts that look at a page in the browser for what a reader could not read."""

CONTRASTS = """() => {
  const TEXTS = 'p, li, th, td, small, strong, dt, dd, code, summary, a, h1, h2, h3, text';
  const numbers = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = numbers(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = new Set();
  for (const element of document.querySelectorAll(TEXTS)) {
    if (!element.textContent.trim() || element.closest('details:not([open]) > :not(summary)')) continue;
    if (element.classList.contains('inside') || element.classList.contains('skip')) continue;
    const style = getComputedStyle(element);
    const front = numbers(element.tagName === 'text' ? style.fill : style.color);
    const [a, b] = [light(front), light(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.add(`${element.tagName}.${element.getAttribute('class')} ${ratio.toFixed(2)}`);
  }
  return [...found];
}"""

# Where words of a chart lie on other words, on a bar or on the dark line, or leave the chart's card; and tables that
# hide some of their width. Tables of numbers are opened first.
COLLISIONS = """() => {
  for (const details of document.querySelectorAll('details')) details.open = true;
  const found = [];
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
  for (const chart of document.querySelectorAll('main svg[role=img]')) {
    const card = chart.closest('.card');
    const inside = card.getBoundingClientRect();
    const texts = [...chart.querySelectorAll('text')].filter(text => text.textContent);
    const others = [...texts, ...chart.querySelectorAll('rect, line.zero')];
    texts.forEach((text, i) => {
      const box = text.getBoundingClientRect();
      if (!card.matches('.wide') && (box.left < inside.left || box.right > inside.right))
        found.push(`out of its card: ${text.textContent}`);
      for (const other of others.slice(i + 1))
        if (meet(box, other.getBoundingClientRect()))
          found.push(`${text.textContent} on ${other.tagName} ${other.textContent}`);
    });
  }
  for (const box of document.querySelectorAll('.scroll, .inner'))
    if (box.scrollWidth > box.clientWidth + 1) found.push(`cut off: ${box.textContent.trim().slice(0, 40)}`);
  return found;
}"""
