// A picture of many things in rows: says what is under the pointer, sends back what is picked.
//
// data: bytes; four for the length of a JSON text, the text, a PNG. The text has at least
// { columns, labels, selected, alt, hint }. Each kind of picture shows the PNG in its own way, outlines
// what is selected, and says in one unit of its own: size, of the whole; tile, of one thing; step,
// from one to the next; reach, of what counts as pointed at.

function shown(Kind) {
  const views = new WeakMap();
  return ({ parentElement, data, setTriggerValue }) => {
    let view = views.get(parentElement);
    if (!view) {
      view = new Kind(parentElement);
      views.set(parentElement, view);
    }
    view.send = setTriggerValue;
    view.update(data);
    return () => view.rest();
  };
}

class Picking {
  constructor(parent) {
    this.picture = parent.querySelector('.picture');
    this.mark = parent.querySelector('.mark');
    this.chosen = parent.querySelector('.chosen');
    this.note = parent.querySelector('.note');
    this.place = -1;
    this.picture.onpointermove = (event) => this.point(this.at(event));
    this.picture.onpointerleave = () => this.point(-1);
    this.picture.onclick = (event) => this.pick(this.at(event));
    this.picture.onkeydown = (event) => this.key(event);
  }

  async update(data) {
    const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
    const size = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
    const about = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
    this.about = about;
    await this.show(new Blob([bytes.subarray(4 + size)], { type: 'image/png' }));
    if (this.about !== about) return;
    this.picture.hidden = false; // until now there was nothing to point at
    this.point(-1);
  }

  rest() {}

  at(event) {
    const { columns, labels } = this.about;
    const box = this.picture.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * this.size[0];
    const y = ((event.clientY - box.top) / box.height) * this.size[1];
    const [column, row] = [Math.floor(x / this.step[0]), Math.floor(y / this.step[1])];
    const isInside = column >= 0 && column < columns && row >= 0
      && x - column * this.step[0] < this.reach[0] && y - row * this.step[1] < this.reach[1];
    const place = row * columns + column;
    return isInside && place < labels.length ? place : -1;
  }

  box(element, place) {
    element.hidden = !(place >= 0);
    if (element.hidden) return;
    const { columns } = this.about;
    const [column, row] = [place % columns, Math.floor(place / columns)];
    element.style.left = `${(100 * column * this.step[0]) / this.size[0]}%`;
    element.style.top = `${(100 * row * this.step[1]) / this.size[1]}%`;
    element.style.width = `${(100 * this.tile[0]) / this.size[0]}%`;
    element.style.height = `${(100 * this.tile[1]) / this.size[1]}%`;
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
