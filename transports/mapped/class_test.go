package mapped

import "testing"

// Every length gets a block that holds it, of the smallest class that does.
func TestClasses(t *testing.T) {
	for class := range numClasses {
		size := sizeOf(class)
		if classOf(size) != class || classOf(size-1) != class {
			t.Errorf("%d bytes are of class %d, want %d", size, classOf(size), class)
		}
		want := class + 1
		if want == numClasses {
			want = unclassed
		}
		if got := classOf(size + 1); got != want {
			t.Errorf("%d bytes are of class %d, want %d", size+1, got, want)
		}
		if size%align != 0 {
			t.Errorf("blocks of %d bytes are not aligned", size)
		}
	}
	if classOf(0) != 0 || sizeOf(numClasses-1) != 1<<maxBits {
		t.Error("the ends of the range are outside of the classes")
	}
}

// Little is wasted, in a block and behind the last one of a chunk. The buffers
// of package transports are a power of two and a kibibyte.
func TestWaste(t *testing.T) {
	sizes := []int{1364, 8192, 23456, 255 * 1364, 255 * 8192}
	for n := 512; n <= 16<<20; n *= 2 {
		sizes = append(sizes, n+1024, n+100, n)
	}
	for _, n := range sizes {
		size := sizeOf(classOf(n))
		blocks := blocksOf(size)
		page := (blocks*size + 4095) &^ 4095
		if waste := page/blocks - n; waste > max(n*6/100, align) {
			t.Errorf("a block of %d bytes takes %d more", n, waste)
		}
		if shared := n <= 1<<20+1024; shared && (page < 2<<20 || page > 4<<20) || !shared && n > 1100<<10 && blocks != 1 {
			t.Errorf("a chunk for %d bytes has %d blocks, %d bytes", n, blocks, page)
		}
	}
}
