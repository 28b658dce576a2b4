package smb2

// A Notification is the body of SERVER_TO_CLIENT, 3.1.1, [MS-SMB2] 2.2.44.
//
//	StructureSize[2] Reserved[2] NotificationType[4] Notification[variable]
//
// What follows the type depends on it: NotifySessionClosed has Reserved[4].
// Servers do not agree on StructureSize, so it is not looked at.
type Notification struct {
	Type NotificationType
}

// A NotificationType says what a server tells.
type NotificationType uint32

// NotifySessionClosed says that the session of the header is closed.
const NotifySessionClosed NotificationType = 0

const (
	notificationSize = 12

	notification, notificationSection = "SERVER_TO_CLIENT notification", "2.2.44"
)

// ParseNotification reads the fixed part.
func ParseNotification(element []byte) (n Notification, err error) {
	if len(element) < HeaderSize {
		return n, &ParseError{notification, notificationSection, "no header"}
	}
	c := cursor{element[HeaderSize:], true}
	c.u32() // StructureSize, Reserved: ignored
	n.Type = NotificationType(c.u32())
	return n, c.short(notification, notificationSection)
}

// AppendBody appends the body of a NotifySessionClosed.
func (n *Notification) AppendBody(b []byte) []byte {
	return le32(le32(le16(le16(b, notificationSize), 0), uint32(n.Type)), 0)
}
