// The graph on the page: draws the sheet of graph_layout.js, opens and closes groups, selects a
// layer. Which groups are open is kept in the browser's session, by network.

const MOST_BOXES = 400;
const ZOOM = { least: 0.15, most: 2.5, readable: 0.8, step: 1.25 };
const views = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  let view = views.get(parentElement);
  if (!view) {
    view = new GraphView(parentElement);
    views.set(parentElement, view);
  }
  view.select = (row) => setTriggerValue('selected', row);
  view.update(data);
  return () => view.rest();
}

class GraphView {
  constructor(parent) {
    this.root = parent.querySelector('.graph');
    this.sheet = parent.querySelector('.sheet');
    this.svg = parent.querySelector('svg');
    this.note = parent.querySelector('.note');
    this.painter = new BoxPainter(this.svg);
    this.watch = new ResizeObserver(() => this.resized());
    document.fonts.ready.then(() => this.painter.widths.clear());
    for (const button of parent.querySelectorAll('button')) {
      button.onclick = () => this.command(button.dataset.do);
    }
    this.svg.onclick = (event) => this.act(event.target.closest('.item'));
    this.svg.onkeydown = (event) => this.key(event);
    this.svg.onpointerover = (event) => this.light(event.target.closest('.item'));
    this.svg.onpointerleave = () => this.light(null);
    this.sheet.onpointerdown = (event) => this.drag(event);
    this.sheet.addEventListener('wheel', (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.zoom(this.scale * Math.exp(-event.deltaY / 400), event);
    }, { passive: false });
  }

  rest() {
    this.watch.disconnect();
  }

  update(data) {
    const isOther = this.data?.key !== data.key;
    const isRedrawn = this.data?.version !== data.version;
    const moved = this.data?.selected !== data.selected;
    this.data = data;
    for (const [name, colour] of Object.entries(data.colours)) {
      this.root.style.setProperty(`--${name}`, colour);
    }
    this.selected = data.selected;
    if (isRedrawn) {
      this.network = readNetwork(data);
      if (isOther) this.restore();
      this.painter.use(data);
      this.drawLegend();
      if (isOther || !this.scale) this.fit(ZOOM.readable);
      else this.draw();
    } else if (moved) {
      this.mark();
    }
    if (moved && data.selected !== null) this.reveal(this.visible());
    this.watch.observe(this.sheet);
  }

  // What is open, by the groups' paths, so that it outlives a rerun, a reload and another column.
  restore() {
    const kept = this.recall(`graph.open.${this.data.key}`);
    const opened = this.network.groups.filter((group, i) =>
      (kept ? kept.includes(group.path) : this.data.opened.includes(i)));
    this.open = new Set(opened.map((group) => group.id));
    this.isDown = (this.recall('graph.flow') ?? 'down') === 'down';
    this.note.textContent = '';
  }

  recall(name) {
    try { return JSON.parse(sessionStorage.getItem(`convscope.${name}`)); } catch { return null; }
  }

  keep(name, value) {
    try { sessionStorage.setItem(`convscope.${name}`, JSON.stringify(value)); } catch { /* private */ }
  }

  keepOpen() {
    this.keep(`graph.open.${this.data.key}`,
      this.network.groups.filter((group) => this.open.has(group.id)).map((group) => group.path));
  }

  resized() {
    const width = this.sheet.clientWidth;
    if (!width || width === this.width) return;
    if (this.isUntouched !== false) this.fit(ZOOM.readable);
    this.width = width;
  }

  lay(limit) {
    return layNetwork(this.network, {
      open: this.open, isDown: this.isDown, limit,
      sizeOf: (item) => this.painter.sizeOf(item),
      headerWidth: (item) => this.painter.headerWidth(item),
    });
  }

  // The largest scale, down to `least`, at which everything is seen at once; else the sheet scrolls.
  fit(least) {
    const [width, height] = [this.sheet.clientWidth, this.sheet.clientHeight];
    if (!width) return;
    this.width = width;
    this.scale = 0;
    for (let scale = 1; scale >= least - 0.001 && !this.scale; scale -= 0.05) {
      const limit = (this.isDown ? height : width) / scale - 2 * SPACE.pad;
      const sheet = this.lay(limit);
      if (sheet.w * scale <= width && sheet.h * scale <= height) {
        [this.scale, this.limit] = [scale, limit];
      }
    }
    if (!this.scale) {
      this.scale = least < ZOOM.readable ? least : 0.9;
      this.limit = (this.isDown ? height : width) / this.scale - 2 * SPACE.pad;
    }
    this.isUntouched = true;
    this.draw();
    this.sheet.scrollTo(0, 0);
  }

  draw() {
    if (!this.limit) return;
    const focused = this.svg.getRootNode().activeElement?.dataset?.id;
    const sheet = this.lay(this.limit);
    this.drawn = sheet;
    this.order = sheet.boxes.filter((box) => !box.item.isPicture).map((box) => box.item.id);
    if (!this.order.includes(this.stop)) [this.stop] = this.order;
    const parts = [];
    const edgesOf = new Map(sheet.edges.map((edge) => [edge.group, []]));
    for (const edge of sheet.edges) edgesOf.get(edge.group).push(edge);
    const drawEdges = (group) => {
      for (const edge of edgesOf.get(group) ?? []) {
        const head = edge.hasHead ? 'marker-end="url(#head)"' : '';
        parts.push(`<path class="edge" d="${edge.d}" data-from="${edge.from}" data-to="${edge.to}" ${head}/>`);
      }
    };
    parts.push('<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"',
      ' markerUnits="userSpaceOnUse" orient="auto"><path class="head" d="M0 0L8 4L0 8z"/></marker></defs>');
    drawEdges('all');
    for (const box of sheet.boxes) {
      parts.push(this.painter.paint(box, box.item.id === this.stop));
      if (box.isOpen) drawEdges(box.item.id);
    }
    this.svg.innerHTML = parts.join('');
    this.svg.setAttribute('viewBox', `0 0 ${sheet.w} ${sheet.h}`);
    this.svg.setAttribute('aria-label', `Graph of ${this.data.key}: ${this.order.length} boxes. `
      + 'Arrow keys move, Enter opens, closes or selects.');
    this.resize();
    this.mark();
    if (focused) this.svg.querySelector(`[data-id="${focused}"]`)?.focus({ preventScroll: true });
    this.root.querySelector('[data-do="turn"]').textContent = this.isDown ? 'Draw left to right' : 'Draw top to bottom';
  }

  resize() {
    this.svg.setAttribute('width', this.drawn.w * this.scale);
    this.svg.setAttribute('height', this.drawn.h * this.scale);
    this.root.querySelector('.zoom').textContent = `${Math.round(this.scale * 100)}%`;
  }

  drawLegend() {
    const { column, unit, paints } = this.data;
    this.root.querySelector('.unit').textContent = column === 'kind' ? `Number in a box: ${unit}` : `Colour: ${unit}`;
    this.root.querySelector('.legend').innerHTML = paints.map(([fill, , meaning]) =>
      `<span class="entry"><i style="background:${fill}"></i>${escaped(meaning)}</span>`).join('');
  }

  // Outline the selected layer, or the closed box that holds it.
  mark() {
    for (const old of this.svg.querySelectorAll('.chosen, .holds')) {
      old.classList.remove('chosen', 'holds');
      if (old.hasAttribute('aria-pressed')) old.setAttribute('aria-pressed', 'false');
    }
    const id = this.visible();
    if (!id) return;
    const element = this.svg.querySelector(`[data-id="${id}"]`);
    const isSelf = id === `r${this.selected}`;
    element.classList.add(isSelf ? 'chosen' : 'holds');
    if (isSelf) element.setAttribute('aria-pressed', 'true');
  }

  visible() {
    let item = this.selected === null ? null : this.network.nodes[this.selected];
    if (!item) return null;
    for (let group = item.parent; group.parent; group = group.parent) {
      if (!this.open.has(group.id)) item = group;
    }
    return item.id;
  }

  // Scroll as little as shows a box, or its beginning where it is larger than the sheet.
  reveal(id) {
    const box = this.drawn?.boxes.find((each) => each.item.id === id);
    if (!box) return;
    const shown = (start, size, at, room) => {
      const [low, high] = [start * this.scale - 16, (start + size) * this.scale + 16];
      if (low >= at && high <= at + room) return at;
      return low < at || high - low > room ? low : high - room;
    };
    const { sheet } = this;
    sheet.scrollLeft = shown(box.x, box.w, sheet.scrollLeft, sheet.clientWidth);
    sheet.scrollTop = shown(box.y, box.h, sheet.scrollTop, sheet.clientHeight);
  }

  light(element) {
    for (const old of this.svg.querySelectorAll('.hot')) old.classList.remove('hot');
    if (!element) return;
    const { id } = element.dataset;
    for (const path of this.svg.querySelectorAll(`[data-from="${id}"], [data-to="${id}"]`)) path.classList.add('hot');
  }

  act(element) {
    if (!element || this.wasDragged || element.classList.contains('still')) return;
    const item = this.network.items.get(element.dataset.id);
    this.stop = item.id;
    if (!item.isGroup) {
      this.selected = item.row;
      this.mark();
      this.select(item.row);
      return;
    }
    if (this.open.has(item.id)) this.open.delete(item.id);
    else this.open.add(item.id);
    this.note.textContent = '';
    this.keepOpen();
    this.holding(item.id, () => this.draw());
    this.reveal(item.id);
  }

  // Redraw with one box staying where it is under the pointer.
  holding(id, redraw) {
    const corner = () => this.svg.querySelector(`[data-id="${id}"]`)?.getBoundingClientRect();
    const before = corner();
    redraw();
    const after = corner();
    if (!before || !after) return;
    this.sheet.scrollLeft += after.left - before.left;
    this.sheet.scrollTop += after.top - before.top;
    this.isUntouched = false;
  }

  command(name) {
    if (name === 'in') this.zoom(this.scale * ZOOM.step);
    if (name === 'out') this.zoom(this.scale / ZOOM.step);
    if (name === 'fit') this.fit(ZOOM.least);
    if (name === 'turn') {
      this.isDown = !this.isDown;
      this.keep('graph.flow', this.isDown ? 'down' : 'right');
      this.fit(ZOOM.readable);
    }
    if (name === 'all' || name === 'none') {
      this.open = new Set();
      this.note.textContent = '';
      if (name === 'all') this.openAll();
      this.keepOpen();
      this.fit(ZOOM.readable);
    }
  }

  // Open outer groups first, as long as the boxes can still be drawn and read.
  openAll() {
    const inside = (item) => item.children.filter((child) => child.isGroup);
    let seen = this.network.root.children.length;
    const waiting = inside(this.network.root);
    let left = 0;
    for (const group of waiting) { // grows while it is walked
      const more = group.children.length - 1;
      if (seen + more > MOST_BOXES) {
        left += 1;
        continue;
      }
      seen += more;
      this.open.add(group.id);
      waiting.push(...inside(group));
    }
    if (left) {
      this.note.textContent = `At most ${MOST_BOXES} boxes are opened at once, and this network has `
        + `${this.data.nodes.length} layers. Open the remaining blocks one by one.`;
    }
  }

  zoom(scale, event) {
    const frame = this.sheet.getBoundingClientRect();
    const [x, y] = event ? [event.clientX - frame.left, event.clientY - frame.top] : [frame.width / 2, frame.height / 2];
    const before = this.scale;
    this.scale = Math.min(ZOOM.most, Math.max(ZOOM.least, scale));
    this.isUntouched = false;
    const [left, top] = [this.sheet.scrollLeft + x, this.sheet.scrollTop + y];
    this.resize();
    this.sheet.scrollLeft = (left * this.scale) / before - x;
    this.sheet.scrollTop = (top * this.scale) / before - y;
  }

  drag(start) {
    this.wasDragged = false;
    if (start.pointerType !== 'mouse' || start.button !== 0) return;
    let last = start;
    const move = (event) => {
      const far = Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY);
      if (!this.wasDragged && far < 5) return;
      if (!this.wasDragged) this.sheet.classList.add('dragged');
      this.wasDragged = true;
      this.sheet.scrollLeft -= event.clientX - last.clientX;
      this.sheet.scrollTop -= event.clientY - last.clientY;
      last = event;
    };
    const end = () => {
      this.sheet.classList.remove('dragged');
      window.removeEventListener('pointermove', move);
      window.removeEventListener('pointerup', end);
    };
    window.addEventListener('pointermove', move);
    window.addEventListener('pointerup', end);
  }

  key(event) {
    const element = event.target.closest('.item');
    if (!element) return;
    const place = this.order.indexOf(element.dataset.id);
    const next = {
      ArrowDown: place + 1, ArrowRight: place + 1, ArrowUp: place - 1, ArrowLeft: place - 1,
      Home: 0, End: this.order.length - 1,
    }[event.key];
    if (event.key === 'Enter' || event.key === ' ') {
      this.wasDragged = false;
      this.act(element);
    } else if (next !== undefined) {
      const other = this.svg.querySelector(`[data-id="${this.order[Math.max(0, Math.min(this.order.length - 1, next))]}"]`);
      element.setAttribute('tabindex', -1);
      other.setAttribute('tabindex', 0);
      this.stop = other.dataset.id;
      other.focus();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
