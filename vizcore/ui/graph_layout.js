// The layout of a network's graph: boxes inside boxes, ranks along the flow, wrapped like text.
//
// All of it works in two abstract directions: `a` along the flow and `c` across it. "down" draws
// a as y and c as x, "right" the other way round. A group is laid out by itself, from the sizes
// of what is directly inside; what flows in and out of it enters at its port IN and leaves at OUT.

const SPACE = { rank: 28, port: 22, across: 22, lane: 9, pad: 18, gutter: 44, header: 40 };

// Lay a group out. `sizeOf(item)` gives closed boxes their {w, h}; `open` holds the open groups'
// ids; `limit` is the length at which the flow goes on in a new column (a new row for "right").
// Returns {a, c, inAt, outAt, boxes, edges}, with everything relative to the group's own corner.
function layGroup(group, { open, sizeOf, isDown, limit, headerWidth }) {
  const { ranks, edges, canCut, cells } = rankGroup(group);
  const isRoot = group.parent === null;
  const inner = { open, sizeOf, isDown, headerWidth, limit: limitInside(limit, isDown) };
  let widest = 0;
  for (const cell of cells) {
    cell.a = cell.c = 0;
    cell.inAt = cell.outAt = 0;
    if (cell.isBend) cell.c = 12;
    if (!cell.item) continue;
    if (cell.item.isGroup && open.has(cell.item.id)) {
      cell.laid = layGroup(cell.item, inner);
      cell.a = cell.laid.a;
      cell.c = cell.laid.c;
      cell.inAt = cell.laid.inAt - cell.c / 2;
      cell.outAt = cell.laid.outAt - cell.c / 2;
    } else {
      cell.laid = null;
      cell.size = sizeOf(cell.item);
      widest = Math.max(widest, cell.size.w);
    }
  }
  for (const cell of cells) {
    if (!cell.item || cell.laid) continue;
    cell.a = isDown ? cell.size.h : widest;
    cell.c = isDown ? widest : cell.size.h;
  }

  const depth = ranks.map((rank) => Math.max(...rank.map((cell) => cell.a)));
  const gapAfter = ranks.map((rank, i) => {
    const isPort = rank[0].id === 'IN' || (ranks[i + 1] ?? [{}])[0].id === 'OUT';
    return isPort ? SPACE.port : SPACE.rank;
  });
  const columns = wrap(depth, gapAfter, canCut, limit);
  const hasIn = ranks[0][0].id === 'IN';
  const hasOut = ranks[ranks.length - 1][0].id === 'OUT';
  const lead = hasIn && columns.length === 1 ? 0 : SPACE.pad;
  let across = 0;
  let longest = 0;
  for (const column of columns) {
    let along = column[0] === 0 && hasIn ? 0 : lead;
    for (const r of column) {
      ranks[r].forEach((cell) => { cell.at = along + (depth[r] - cell.a) / 2; });
      ranks[r].start = along;
      ranks[r].end = along + depth[r];
      along += depth[r] + gapAfter[r];
    }
    longest = Math.max(longest, along - gapAfter[column[column.length - 1]]);
    spread(column.map((r) => ranks[r]));
    const shift = across - Math.min(...column.flatMap((r) => ranks[r].map((x) => x.mid - x.c / 2)));
    for (const r of column) for (const cell of ranks[r]) cell.mid += shift;
    column.reach = placeArcs(column, ranks, edges);
    column.start = across;
    across = column.reach + SPACE.gutter;
  }
  across -= SPACE.gutter;

  const top = { a: 0, c: SPACE.pad };
  if (!isRoot) top[isDown ? 'a' : 'c'] = SPACE.header;
  let [sizeA, sizeC] = [top.a + longest + (hasOut && columns.length === 1 ? 0 : SPACE.pad), top.c + across + SPACE.pad];
  if (!isRoot) {
    const least = headerWidth(group);
    const missing = least - (isDown ? sizeC : sizeA);
    if (missing > 0 && isDown) { top.c += missing / 2; sizeC += missing; }
    if (missing > 0 && !isDown) sizeA += missing;
  }
  if (hasOut) {
    const out = ranks[ranks.length - 1];
    out[0].at = out.start = out.end = sizeA - top.a;
  }
  const result = { group, a: sizeA, c: sizeC, boxes: [], edges: [] };
  result.inAt = hasIn ? top.c + ranks[0][0].mid : sizeC / 2;
  result.outAt = hasOut ? top.c + ranks[ranks.length - 1][0].mid : sizeC / 2;
  for (const cell of cells) {
    if (!cell.item) continue;
    const corner = { a: top.a + cell.at, c: top.c + cell.mid - cell.c / 2 };
    result.boxes.push({ item: cell.item, ...corner, sizeA: cell.a, sizeC: cell.c, laid: cell.laid });
  }
  const columnOf = [];
  columns.forEach((column) => column.forEach((r) => { columnOf[r] = column; }));
  for (const edge of edges) {
    const path = edge.isArc ? arcPath(edge) : flowPath(edge, ranks, columnOf);
    result.edges.push({
      from: edge.from.id, to: edge.to.id, hasHead: edge.to.id !== 'OUT',
      path: path.map(([op, ...points]) =>
        [op, ...points.map((value, i) => value + (i % 2 ? top.c : top.a))]),
    });
  }
  return result;
}

function limitInside(limit, isDown) {
  return Math.max(260, limit - (isDown ? SPACE.header + 2 * SPACE.pad : 2 * SPACE.pad));
}

// Cut the ranks into columns no longer than `limit` where that is allowed, of about equal length.
function wrap(depth, gapAfter, canCut, limit) {
  const pieces = []; // runs of ranks that must stay together
  depth.forEach((size, r) => {
    if (r === 0 || canCut[r - 1]) pieces.push({ ranks: [], length: 0 });
    const piece = pieces[pieces.length - 1];
    piece.ranks.push(r);
    piece.length += size + gapAfter[r];
  });
  const cut = (most) => {
    const columns = [];
    let length = 0;
    for (const piece of pieces) {
      if (!columns.length || length + piece.length > most) { columns.push([]); length = 0; }
      columns[columns.length - 1].push(...piece.ranks);
      length += piece.length;
    }
    return columns;
  };
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const longest = Math.max(...pieces.map((piece) => piece.length));
  if (total <= limit + SPACE.rank || longest > 0.75 * total) return cut(Infinity);
  const most = Math.max(limit + SPACE.rank, longest);
  const columns = cut(most);
  const least = Math.max(longest, total / columns.length);
  for (let step = 0; step < 8; step++) {
    const even = cut(least + ((most - least) * step) / 8);
    if (even.length === columns.length) return even;
  }
  return columns;
}

// Give every cell of a column its middle across the flow. Cells in an unbranched line make one
// straight block; blocks start packed to the left and move towards what they are linked with.
function spread(ranks) {
  const blocks = straighten(ranks);
  const gap = (left, right) => (left.c + right.c) / 2 + SPACE.across;
  for (const block of blocks) block.x = undefined;
  const pack = (block) => {
    if (block.x !== undefined) return block.x;
    block.x = 0;
    block.x = Math.max(0, ...block.cells.filter((cell) => cell.left).map((cell) =>
      pack(cell.left.block) + cell.left.off + gap(cell.left, cell) - cell.off));
    return block.x;
  };
  blocks.forEach(pack);
  const here = new Set(ranks.flat());
  const pulls = new Map(blocks.map((block) => [block, block.cells.flatMap((cell) => [
    ...cell.ins.map((other) => [cell, cell.inAt, other, other.outAt]),
    ...cell.outs.map((other) => [cell, cell.outAt, other, other.inAt]),
  ]).filter(([, , other]) => here.has(other) && other.block !== block)]));
  const order = [...blocks].sort((one, two) => one.x - two.x);
  for (let sweep = 0; sweep < 12; sweep++) {
    for (const block of sweep % 2 ? order : [...order].reverse()) {
      const wishes = pulls.get(block);
      if (!wishes.length) continue;
      const wish = wishes.reduce((sum, [cell, mine, other, theirs]) =>
        sum + other.block.x + other.off + theirs - cell.off - mine, 0) / wishes.length;
      let [low, high] = [-Infinity, Infinity];
      for (const cell of block.cells) {
        const { left, right } = cell;
        if (left) low = Math.max(low, left.block.x + left.off + gap(left, cell) - cell.off);
        if (right) high = Math.min(high, right.block.x + right.off - gap(cell, right) - cell.off);
      }
      block.x = Math.max(low, Math.min(high, wish));
    }
  }
  for (const cell of here) cell.mid = cell.block.x + cell.off;
}

// Join cells into blocks along links that neither branch nor meet, where no two of them cross.
function straighten(ranks) {
  const blocks = [];
  ranks.forEach((rank, r) => {
    let last = -1;
    rank.forEach((cell, i) => {
      [cell.left, cell.right] = [rank[i - 1], rank[i + 1]];
      const from = cell.ins.length === 1 && r > 0 ? cell.ins[0] : null;
      const place = from && from.outs.length === 1 ? ranks[r - 1].indexOf(from) : -1;
      if (place > last) {
        last = place;
        cell.block = from.block;
        cell.off = from.off + from.outAt - cell.inAt;
      } else {
        cell.block = { cells: [] };
        cell.off = 0;
        blocks.push(cell.block);
      }
      cell.block.cells.push(cell);
    });
  });
  return blocks;
}

// Lanes beside a column for the edges that skip ranks; one lane per source. Returns their reach.
function placeArcs(column, ranks, edges) {
  const reach = new Map(column.map((r) =>
    [r, Math.max(...ranks[r].map((cell) => cell.mid + cell.c / 2))]));
  const lanes = new Map();
  for (const edge of edges) {
    if (!edge.isArc || !reach.has(edge.from.rank)) continue;
    const lane = lanes.get(edge.from) ?? { low: Infinity, high: -Infinity, edges: [] };
    lane.low = Math.min(lane.low, edge.from.rank, edge.to.rank);
    lane.high = Math.max(lane.high, edge.from.rank, edge.to.rank);
    lane.edges.push(edge);
    lanes.set(edge.from, lane);
  }
  const step = Math.max(4, Math.min(SPACE.lane, 320 / Math.max(1, lanes.size)));
  for (const lane of [...lanes.values()].sort((x, y) => x.high - x.low - (y.high - y.low))) {
    let beside = -Infinity;
    for (let r = lane.low; r <= lane.high; r++) beside = Math.max(beside, reach.get(r) ?? -Infinity);
    const at = beside + step + 4;
    for (const edge of lane.edges) edge.lane = at;
    for (let r = lane.low; r <= lane.high; r++) if (reach.has(r)) reach.set(r, at);
  }
  return Math.max(...reach.values());
}

// An edge in its lane: out of the source's side, along, into the target's side.
function arcPath({ from, to, lane }) {
  // A closed group shows the edge of what is behind it.
  const edge = (cell) => cell.mid + cell.c / 2 + (cell.item.isGroup && !cell.laid ? 5 : 0);
  const side = (cell, share) => (cell.item
    ? [cell.at + cell.a * share, edge(cell)]
    : [cell.at + (cell.id === 'IN' ? 6 : -6), cell.mid]);
  const start = side(from, 0.68);
  const end = side(to, 0.32);
  return rounded([start, [start[0], lane], [end[0], lane], end], 9);
}

// An edge along the flow, through its bends, round the column's end where the flow is wrapped.
function flowPath(edge, ranks, columnOf) {
  const { from, to } = edge;
  const start = [from.at + from.a, from.mid + from.outAt];
  const end = [to.at, to.mid + to.inAt];
  const [one, two] = [columnOf[from.rank], columnOf[to.rank]];
  if (one !== two) {
    const gutter = (one.reach + two.start) / 2;
    const under = start[0] + SPACE.port / 2 + 2;
    const above = end[0] - SPACE.port / 2 - 2;
    return rounded([start, [under, start[1]], [under, gutter], [above, gutter], [above, end[1]], end], 8);
  }
  const path = [start];
  let c = start[1];
  for (const stop of [...(edge.via ?? []), to]) {
    const next = stop === to ? end[1] : stop.mid;
    const a = ranks[stop.rank - 1].end;
    const b = ranks[stop.rank].start;
    if (Math.abs(next - c) > 0.5) path.push([(a + b) / 2, c], [(a + b) / 2, next]);
    c = next;
  }
  return rounded([...path, end], 9);
}

function rounded(points, radius) {
  const path = [['M', ...points[0]]];
  for (let i = 1; i < points.length - 1; i++) {
    const [p, q, r] = [points[i - 1], points[i], points[i + 1]];
    const near = (other) => {
      const length = Math.hypot(other[0] - q[0], other[1] - q[1]) || 1;
      const share = Math.min(radius, length / 2) / length;
      return [q[0] + (other[0] - q[0]) * share, q[1] + (other[1] - q[1]) * share];
    };
    path.push(['L', ...near(p)], ['Q', ...q, ...near(r)]);
  }
  path.push(['L', ...points[points.length - 1]]);
  return path;
}

// Everything on one sheet: boxes as {item, x, y, w, h, isOpen} and edges as {from, to, d}, outer
// ones first.
function layNetwork(network, options) {
  const { isDown } = options;
  const laid = layGroup(network.root, options);
  const sheet = {
    w: isDown ? laid.c : laid.a, h: isDown ? laid.a : laid.c, boxes: [], edges: [],
  };
  const put = (part, a0, c0) => {
    for (const { from, to, hasHead, path } of part.edges) {
      const d = path.map(([op, ...values]) => {
        const points = [];
        for (let i = 0; i < values.length; i += 2) {
          const [a, c] = [values[i] + a0, values[i + 1] + c0].map((value) => Math.round(value * 10) / 10);
          points.push(isDown ? `${c} ${a}` : `${a} ${c}`);
        }
        return op + points.join(' ');
      }).join('');
      sheet.edges.push({ from, to, hasHead, d, group: part.group.id });
    }
    for (const box of part.boxes) {
      const [a, c] = [a0 + box.a, c0 + box.c];
      sheet.boxes.push({
        item: box.item, isOpen: box.laid !== null && box.laid !== undefined,
        x: isDown ? c : a, y: isDown ? a : c,
        w: isDown ? box.sizeC : box.sizeA, h: isDown ? box.sizeA : box.sizeC,
      });
      if (box.laid) put(box.laid, a, c);
    }
  };
  put(laid, 0, 0);
  return sheet;
}
