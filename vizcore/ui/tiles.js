// Many maps in one picture on the page. It comes with one pixel a value and without gutters; the
// browser enlarges it by whole numbers, says what is under the pointer, and sends back what is picked.
//
// data: bytes; four for the length of a JSON text, the text, a PNG. The text:
// { tile: [width, height], columns, count, zoom, labels, names, selected, alt, hint, ink, version }

const views = new WeakMap();
const GUTTER = 1;
const NAME_PX = 18;

export default function ({ parentElement, data, setTriggerValue }) {
  let view = views.get(parentElement);
  if (!view) {
    view = new Tiles(parentElement);
    views.set(parentElement, view);
  }
  view.send = setTriggerValue;
  view.update(data);
  return () => view.watch.disconnect();
}

class Tiles {
  constructor(parent) {
    this.root = parent.querySelector('.tiles');
    this.canvas = parent.querySelector('canvas');
    this.mark = parent.querySelector('.mark');
    this.chosen = parent.querySelector('.chosen');
    this.note = parent.querySelector('.note');
    this.place = -1;
    this.canvas.onpointermove = (event) => this.point(this.at(event));
    this.canvas.onpointerleave = () => this.point(-1);
    this.canvas.onclick = (event) => this.pick(this.at(event));
    this.canvas.onkeydown = (event) => this.key(event);
    this.watch = new ResizeObserver(() => this.draw());
  }

  async update(data) {
    const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
    const size = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
    this.about = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
    this.canvas.setAttribute('aria-label', this.about.alt);
    this.picture = await createImageBitmap(new Blob([bytes.subarray(4 + size)], { type: 'image/png' }));
    this.width = 0;
    this.draw();
    this.watch.observe(this.root);
    this.point(-1);
  }

  draw() {
    const room = this.root.clientWidth;
    if (!this.picture || !room || room === this.width) return;
    this.width = room;
    const { tile, columns, count, names, ink } = this.about;
    const most = room > 1000 ? 2 * this.about.zoom : this.about.zoom;
    const fits = Math.floor(((room + GUTTER) / columns - GUTTER) / tile[0]);
    this.zoom = Math.max(1, Math.min(most, fits));
    this.step = [tile[0] * this.zoom + GUTTER, tile[1] * this.zoom + GUTTER + (names ? NAME_PX : 0)];
    const rows = Math.ceil(count / columns);
    const size = [columns * this.step[0] - GUTTER, rows * this.step[1] - GUTTER];
    const dots = Math.max(1, Math.round(window.devicePixelRatio || 1));
    [this.canvas.width, this.canvas.height] = [size[0] * dots, size[1] * dots];
    [this.canvas.style.width, this.canvas.style.height] = [`${size[0]}px`, `${size[1]}px`];
    const paper = this.canvas.getContext('2d');
    paper.scale(dots, dots);
    paper.imageSmoothingEnabled = false;
    paper.font = '13px ' + getComputedStyle(this.root).fontFamily;
    paper.fillStyle = ink;
    paper.textBaseline = 'middle';
    for (let place = 0; place < count; place += 1) {
      const [column, row] = [place % columns, Math.floor(place / columns)];
      const [x, y] = [column * this.step[0], row * this.step[1]];
      const [width, height] = [tile[0] * this.zoom, tile[1] * this.zoom];
      paper.drawImage(this.picture, column * tile[0], row * tile[1], tile[0], tile[1], x, y, width, height);
      if (names) paper.fillText(this.shortened(paper, names[place], width), x, y + height + NAME_PX / 2);
    }
    this.box(this.chosen, this.about.selected);
  }

  shortened(paper, text, width) {
    let shown = text;
    while (shown.length > 1 && paper.measureText(shown).width > width) {
      shown = '…' + shown.replace('…', '').slice(1);
    }
    return shown;
  }

  at(event) {
    const frame = this.canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - frame.left) / this.step[0]);
    const row = Math.floor((event.clientY - frame.top) / this.step[1]);
    const place = row * this.about.columns + column;
    const inside = column >= 0 && column < this.about.columns && row >= 0 && place < this.about.count;
    return inside ? place : -1;
  }

  box(element, place) {
    element.hidden = !(place >= 0);
    if (element.hidden) return;
    const { tile, columns } = this.about;
    element.style.left = `${(place % columns) * this.step[0]}px`;
    element.style.top = `${Math.floor(place / columns) * this.step[1]}px`;
    element.style.width = `${tile[0] * this.zoom}px`;
    element.style.height = `${tile[1] * this.zoom}px`;
  }

  point(place) {
    this.place = place;
    this.box(this.mark, place);
    this.note.textContent = place >= 0 ? this.about.labels[place] : this.about.hint;
  }

  pick(place) {
    if (place >= 0) this.send('picked', place);
  }

  key(event) {
    const { columns, count, selected } = this.about;
    const from = this.place >= 0 ? this.place : Math.max(0, selected);
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    if (event.key === 'Enter' || event.key === ' ') this.pick(from);
    else if (event.key in steps) this.point(Math.max(0, Math.min(count - 1, from + (this.place >= 0 ? steps[event.key] : 0))));
    else return;
    event.preventDefault();
  }
}
