// A picture that was drawn whole. With what `picking.js` reads:
// { size, tile, step: [width, height] in its pixels, half }

class Cells extends Picking {
  show(png) {
    const { size, tile, step, half, alt, selected } = this.about;
    [this.size, this.tile, this.step, this.reach] = [size, tile, step, tile];
    const last = this.address;
    this.address = URL.createObjectURL(png);
    this.picture.onload = () => last && URL.revokeObjectURL(last);
    [this.picture.width, this.picture.height] = size;
    this.picture.alt = alt;
    this.picture.src = this.address;
    this.picture.parentElement.classList.toggle('half', half);
    this.box(this.chosen, selected);
  }
}

export default shown(Cells);
