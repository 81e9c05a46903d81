// The look of one box of the graph: its size, its texts, its SVG.

const BOX = { leaf: 54, closed: 84, pad: 14, most: 320, least: 118, line: 22 };

function escaped(text) {
  return String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

class BoxPainter {
  constructor(svg) {
    this.svg = svg;
    this.pen = document.createElement('canvas').getContext('2d');
    this.widths = new Map();
  }

  use(data) {
    this.data = data;
    this.widths.clear();
  }

  measure(text, isTitle) {
    const name = `${isTitle}${text}`;
    if (!this.widths.has(name)) {
      const family = getComputedStyle(this.svg).fontFamily || 'sans-serif';
      this.pen.font = isTitle ? `600 16px ${family}` : `400 15px ${family}`;
      this.widths.set(name, this.pen.measureText(text).width);
    }
    return this.widths.get(name);
  }

  // The lines of a closed box: [left, right] texts, the first one bold.
  lines(item) {
    if (!item.isGroup) return [[item.label, ''], [item.shape, item.text]];
    return [[item.title, '+'], [item.count, item.text], [item.shape, '']];
  }

  sizeOf(item) {
    const wide = this.lines(item).map(([left, right], i) =>
      this.measure(left, i === 0) + (right ? this.measure(right, i === 0) + 18 : 0));
    const w = Math.min(BOX.most, Math.max(BOX.least, Math.ceil(Math.max(...wide)) + 2 * BOX.pad));
    return { w, h: item.isGroup ? BOX.closed : BOX.leaf };
  }

  headerText(item) {
    return [item.title, ` · ${item.count}${item.text ? ` · ${item.text}` : ''}`];
  }

  headerWidth(item) {
    const [title, rest] = this.headerText(item);
    return this.measure(title, true) + this.measure(rest, false) + 3 * BOX.pad + 40;
  }

  // One box as SVG. `isStop`: the tab key stops here (arrow keys go on to the others).
  paint(box, isStop) {
    const { item } = box;
    const paint = item.paint === null ? null : this.data.paints[item.paint];
    const facts = item.isGroup
      ? [this.groupName(item), item.count, box.isOpen ? '' : item.shape, this.exact(item)]
      : [item.name, item.label, item.shape, this.exact(item)];
    const tip = facts.filter(Boolean);
    const state = item.isGroup ? `aria-expanded="${box.isOpen}"` : 'aria-pressed="false"';
    const acts = item.isPicture ? '' : `role="button" tabindex="${isStop ? 0 : -1}" ${state}`;
    const draw = box.isOpen ? this.openBox : item.isGroup ? this.closedBox : this.leafBox;
    const frame = box.isOpen
      ? `<rect class="frame${item.depth % 2 ? '' : ' odd'}" ${place(box, 8)}/>` : '';
    return `${frame}<g class="item${item.isPicture ? ' still' : ''}" data-id="${item.id}" ${acts}
      aria-label="${escaped(tip.join(', '))}"><title>${escaped(tip.join('\n'))}</title>
      ${draw.call(this, box, paint)}${ring(box)}</g>`;
  }

  // torch's dotted name; a stage is none of torch's modules and has its title.
  groupName(item) {
    return item.path.includes('/') ? item.title : item.path;
  }

  exact(item) {
    return item.value ? `${item.value.toLocaleString('en-US')} ${this.data.unit.split(',')[0]}` : '';
  }

  leafBox(box, paint) {
    const fill = paint ? `class="box" style="fill:${paint[0]}"` : 'class="box plain"';
    return `<rect ${fill} ${place(box, 5)}/>${this.texts(box, paint?.[1])}`;
  }

  closedBox(box, paint) {
    const { item, x, y, w, h } = box;
    const total = item.kinds.reduce((sum, [, count]) => sum + count, 0);
    let at = x + BOX.pad;
    const strip = item.kinds.map(([kind, count]) => {
      const wide = ((w - 2 * BOX.pad) * count) / total;
      at += wide;
      return `<rect x="${at - wide}" y="${y + h - 9}" width="${wide}" height="5"
        style="fill:${this.data.paints[kind][0]}"/>`;
    });
    const fill = paint ? `class="box" style="fill:${paint[0]}"` : 'class="box closed"';
    return `<rect class="behind" ${place({ x: x + 5, y: y + 5, w, h }, 6)}/>
      <rect ${fill} ${place(box, 6)}/>${strip.join('')}${this.texts(box, paint?.[1])}`;
  }

  openBox({ item, x, y, w }, paint) {
    const [title, rest] = this.headerText(item);
    const swatch = { x: x + 10, y: y + 11, w: 16, h: 16 };
    const mark = paint ? `<rect class="box" ${place(swatch, 3)} style="fill:${paint[0]}"/>` : '';
    return `<rect class="bar-hit" ${place({ x, y, w, h: SPACE.header - 2 }, 8)}/>${mark}
      <text x="${x + (paint ? 34 : BOX.pad)}" y="${y + 25}"><tspan class="title">${escaped(title)}</tspan><tspan
        class="quiet">${escaped(rest)}</tspan></text>
      <text class="title" x="${x + w - BOX.pad}" y="${y + 25}" text-anchor="end">−</text>`;
  }

  texts({ item, x, y, w }, ink) {
    const top = y + (item.isGroup ? 22 : 23);
    return this.lines(item).map(([left, right], i) => {
      const isTitle = i === 0;
      const kind = isTitle ? 'title' : ink ? '' : 'quiet';
      const look = `class="${kind}" y="${top + i * BOX.line}"${ink ? ` style="fill:${ink}"` : ''}`;
      const room = w - 2 * BOX.pad - (right ? this.measure(right, isTitle) + 12 : 0);
      const shown = escaped(this.shortened(left, isTitle, room));
      return `<text ${look} x="${x + BOX.pad}">${shown}</text>${right
        ? `<text ${look} x="${x + w - BOX.pad}" text-anchor="end">${escaped(right)}</text>` : ''}`;
    }).join('');
  }

  shortened(text, isTitle, room) {
    if (this.measure(text, isTitle) <= room + 1) return text;
    let shown = text;
    while (shown.length > 1 && this.measure(`${shown}…`, isTitle) > room) shown = shown.slice(0, -1);
    return `${shown}…`;
  }
}

function place({ x, y, w, h }, radius) {
  return `x="${x}" y="${y}" width="${w}" height="${h}" rx="${radius}"`;
}

// The outline of the selected or focused box; of an open group only its header.
function ring({ x, y, w, h, isOpen }) {
  const high = isOpen ? SPACE.header - 2 : h;
  return `<rect class="ring" ${place({ x: x - 4, y: y - 4, w: w + 8, h: high + 8 }, 9)}/>`;
}
