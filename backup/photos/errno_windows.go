package photos

import "golang.org/x/sys/windows"

// inTheWay are the numbers of something in the folder that is in our way.
var inTheWay = []error{windows.ERROR_DIRECTORY}
