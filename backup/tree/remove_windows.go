package tree

import (
	"errors"
	"io/fs"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// removeIn removes the file or the empty folder name of a folder. os.Root asks for
// the removal in a way that file systems without an idea of it may refuse as no
// function at all, as shares of older servers and wine do; those are asked in the way
// that has always been there, through a handle below the folder all the same.
func removeIn(root *os.Root, name string) error {
	err := root.Remove(name)
	if !errors.Is(err, windows.ERROR_INVALID_FUNCTION) && !errors.Is(err, windows.ERROR_NOT_SUPPORTED) {
		return err
	}
	if plain := removePlainly(root, name); plain != nil {
		return &fs.PathError{Op: "remove", Path: name, Err: plain}
	}
	return nil
}

func removePlainly(root *os.Root, name string) error {
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	text, err := windows.NewNTUnicodeString(name)
	if err != nil {
		return err
	}
	attributes := windows.OBJECT_ATTRIBUTES{RootDirectory: windows.Handle(dir.Fd()), ObjectName: text, Attributes: windows.OBJ_CASE_INSENSITIVE}
	attributes.Length = uint32(unsafe.Sizeof(attributes))
	var file windows.Handle
	err = windows.NtCreateFile(&file, windows.DELETE|windows.SYNCHRONIZE, &attributes, &windows.IO_STATUS_BLOCK{}, nil, 0,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, windows.FILE_OPEN,
		windows.FILE_OPEN_REPARSE_POINT|windows.FILE_OPEN_FOR_BACKUP_INTENT|windows.FILE_SYNCHRONOUS_IO_NONALERT, 0, 0)
	if err != nil {
		return errno(err)
	}
	gone := byte(1)
	err = windows.SetFileInformationByHandle(file, windows.FileDispositionInfo, &gone, 1)
	return errors.Join(err, windows.CloseHandle(file))
}

// errno is the error of Windows behind one of its kernel.
func errno(err error) error {
	if status, ok := errors.AsType[windows.NTStatus](err); ok {
		return status.Errno()
	}
	return err
}
