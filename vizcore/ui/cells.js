// A drawn picture with cells in rows: says what is under the pointer, sends back what is picked.
//
// data: bytes; four for the length of a JSON text, the text, a PNG. The text, sizes in its pixels:
// { size, tile, step: [width, height], columns, labels, selected, alt, hint, half }

const views = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  let view = views.get(parentElement);
  if (!view) {
    view = new Cells(parentElement);
    views.set(parentElement, view);
  }
  view.send = setTriggerValue;
  view.update(data);
}

class Cells {
  constructor(parent) {
    this.frame = parent.querySelector('.frame');
    this.image = parent.querySelector('img');
    this.mark = parent.querySelector('.mark');
    this.chosen = parent.querySelector('.chosen');
    this.note = parent.querySelector('.note');
    this.place = -1;
    this.image.onpointermove = (event) => this.point(this.at(event));
    this.image.onpointerleave = () => this.point(-1);
    this.image.onclick = (event) => this.pick(this.at(event));
    this.image.onkeydown = (event) => this.key(event);
  }

  update(data) {
    const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
    const size = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
    this.about = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
    const last = this.address;
    this.address = URL.createObjectURL(new Blob([bytes.subarray(4 + size)], { type: 'image/png' }));
    this.image.onload = () => last && URL.revokeObjectURL(last);
    [this.image.width, this.image.height] = this.about.size;
    this.image.alt = this.about.alt;
    this.image.src = this.address;
    this.frame.classList.toggle('half', this.about.half);
    this.box(this.chosen, this.about.selected);
    this.point(-1);
  }

  at(event) {
    const { size, tile, step, columns, labels } = this.about;
    const box = this.image.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * size[0];
    const y = ((event.clientY - box.top) / box.height) * size[1];
    const [column, row] = [Math.floor(x / step[0]), Math.floor(y / step[1])];
    const isInside = column >= 0 && column < columns && row >= 0
      && x - column * step[0] < tile[0] && y - row * step[1] < tile[1];
    const place = row * columns + column;
    return isInside && place < labels.length ? place : -1;
  }

  box(element, place) {
    element.hidden = !(place >= 0);
    if (element.hidden) return;
    const { size, tile, step, columns } = this.about;
    const [column, row] = [place % columns, Math.floor(place / columns)];
    element.style.left = `${(100 * column * step[0]) / size[0]}%`;
    element.style.top = `${(100 * row * step[1]) / size[1]}%`;
    element.style.width = `${(100 * tile[0]) / size[0]}%`;
    element.style.height = `${(100 * tile[1]) / size[1]}%`;
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
    const { columns, labels, selected } = this.about;
    const from = this.place >= 0 ? this.place : Math.max(0, selected);
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    const to = from + (this.place >= 0 ? steps[event.key] : 0);
    if (event.key === 'Enter' || event.key === ' ') this.pick(from);
    else if (event.key in steps) this.point(Math.max(0, Math.min(labels.length - 1, to)));
    else return;
    event.preventDefault();
  }
}
