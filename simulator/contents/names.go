package contents

import "strconv"

const cameraRoll = "CameraRollDomain"

// Names answers the domain and the path of row i below it; the path of a
// domain's root is empty.
func (v *View) Names(i int) (domain, path string) {
	domain, p := v.appendName(nil, i)
	return domain, string(p)
}

// Target answers where the symbolic link i points.
func (v *View) Target(i int) string {
	if at := v.place(i); at.group == inFixed {
		return v.plan.fixed[at.n].target
	}
	return ""
}

// appendName answers the domain and adds the path to b.
func (v *View) appendName(b []byte, i int) (string, []byte) {
	p, at := v.plan, v.place(i)
	switch at.group {
	case inFixed:
		row := &p.fixed[at.n]
		return row.domain, append(b, row.path...)
	case inCameraDirs:
		return cameraRoll, appendDCIM(b, at.n)
	case inCamera:
		b = append(appendDCIM(b, at.n/perCameraDir), '/')
		return cameraRoll, appendPhoto(b, at.n)
	case inStoreDirs:
		return appendStoreDir(b, at.n)
	case inStore:
		domain, b := appendStoreDir(b, at.n/perStoreDir)
		return domain, p.appendStoreFile(append(b, '/'), at.n)
	case inAddDir:
		return cameraRoll, appendDCIM(b, p.cameraDirs+at.add.place)
	}
	b = append(appendDCIM(b, p.cameraDirs+at.add.place), '/')
	return cameraRoll, appendNumber(append(b, "IMG_"...), at.n+1, 4, ".HEIC")
}

// isVideo says whether the n-th file of the camera roll is a video.
func isVideo(n int) bool { return n%40 == 7 }

func appendDCIM(b []byte, n int) []byte {
	b = append(b, "Media/DCIM/"...)
	return appendNumber(b, 100+n, 3, "APPLE")
}

func appendPhoto(b []byte, n int) []byte {
	suffix := ".HEIC"
	if isVideo(n) {
		suffix = ".MOV"
	}
	return appendNumber(append(b, "IMG_"...), n+1, 4, suffix)
}

func appendNumber(b []byte, n, digits int, suffix string) []byte {
	for limit := 10; digits > 1; digits-- {
		if n < limit {
			for range digits - 1 {
				b = append(b, '0')
			}
			break
		}
		limit *= 10
	}
	b = strconv.AppendInt(b, int64(n), 10)
	return append(b, suffix...)
}

// appendStoreDir names the n-th directory of apps and system.
func appendStoreDir(b []byte, n int) (string, []byte) {
	s := &stores[n%len(stores)]
	b = append(b, s.dir...)
	return s.domain, appendNumber(b, n/len(stores)+1, 3, "")
}

// appendStoreFile names the n-th file of apps and system: mostly hex, some as
// people name files. The number keeps each name its own.
func (p *plan) appendStoreFile(b []byte, n int) []byte {
	h := mix(p.seed, forName, uint64(n))
	switch h % 16 {
	case 0:
		b = append(b, "Notes from Zoë & Günter "...)
		return appendNumber(b, n, 1, ".txt")
	case 1:
		b = append(b, ".cache-"...)
		return appendNumber(b, n, 1, "")
	case 2:
		b = append(b, "写真 "...)
		return appendNumber(b, n, 1, ".jpg")
	}
	b = strconv.AppendUint(b, h>>24, 16)
	return appendNumber(append(b, '-'), n, 1, ".sqlite")
}
