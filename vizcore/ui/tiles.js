// Many maps in one picture. It comes with one pixel a value and without gutters; here it is enlarged
// by whole numbers, as the room allows. With what `picking.js` reads:
// { tile: [width, height], zoom, names, ink }

const GUTTER = 1;
const NAME_PX = 18;

class Tiles extends Picking {
  constructor(parent) {
    super(parent);
    this.root = parent.querySelector('.tiles');
    this.watch = new ResizeObserver(() => this.draw());
  }

  async show(png) {
    const about = this.about;
    const values = await createImageBitmap(png);
    if (this.about !== about) return;
    this.values = values;
    this.width = 0;
    this.picture.setAttribute('aria-label', about.alt);
    this.draw();
    this.watch.observe(this.root);
  }

  rest() {
    this.watch.disconnect();
  }

  draw() {
    const room = this.root.clientWidth;
    if (!this.values || !room || room === this.width) return;
    this.width = room;
    const { tile, columns, labels, names, zoom, ink } = this.about;
    const most = room > 1000 ? 2 * zoom : zoom;
    const fits = Math.floor(((room + GUTTER) / columns - GUTTER) / tile[0]);
    const times = Math.max(1, Math.min(most, fits));
    const [width, height] = tile.map((side) => side * times);
    this.tile = [width, height];
    this.step = [width + GUTTER, height + GUTTER + (names ? NAME_PX : 0)];
    this.reach = this.step;
    const rows = Math.ceil(labels.length / columns);
    this.size = [columns * this.step[0] - GUTTER, rows * this.step[1] - GUTTER];
    const dots = Math.max(1, Math.round(window.devicePixelRatio || 1));
    [this.picture.width, this.picture.height] = this.size.map((side) => side * dots);
    const style = this.picture.style;
    [style.width, style.height] = this.size.map((side) => `${side}px`);
    const paper = this.picture.getContext('2d');
    paper.scale(dots, dots);
    paper.imageSmoothingEnabled = false;
    paper.font = '13px ' + getComputedStyle(this.root).fontFamily;
    paper.fillStyle = ink;
    paper.textBaseline = 'middle';
    for (let place = 0; place < labels.length; place += 1) {
      const [column, row] = [place % columns, Math.floor(place / columns)];
      const [x, y] = [column * this.step[0], row * this.step[1]];
      const from = [column * tile[0], row * tile[1]];
      paper.drawImage(this.values, ...from, ...tile, x, y, width, height);
      if (names) paper.fillText(shortened(paper, names[place], width), x, y + height + NAME_PX / 2);
    }
    this.box(this.chosen, this.about.selected);
    this.box(this.mark, this.place);
  }
}

function shortened(paper, text, width) {
  let short = text;
  while (short.length > 1 && paper.measureText(short).width > width) {
    short = '…' + short.replace('…', '').slice(1);
  }
  return short;
}

export default shown(Tiles);
