package kubelet

import (
	"errors"
	"net"
)

// resolve answers every query with "no such name". Pods then fail at once instead of waiting for a timeout.
func resolve(conn net.PacketConn) {
	var packet [1500]byte
	for {
		n, from, err := conn.ReadFrom(packet[:])
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // such as a destination that was unreachable
		}
		if answer := noSuchName(packet[:n]); answer != nil {
			_, _ = conn.WriteTo(answer, from) // the client retries
		}
	}
}

// noSuchName turns a query into the answer that the name does not exist (RFC 1035, section 4.1). It returns nil if
// the message is not a query.
func noSuchName(question []byte) []byte {
	const header = 12
	if len(question) < header || question[2]&0x80 != 0 {
		return nil
	}
	end := header
	for end < len(question) && question[end] != 0 {
		end += int(question[end]) + 1
	}
	end += 1 + 4 // the root's label, type and class
	if end > len(question) {
		return nil
	}
	answer := append([]byte{}, question[:end]...)
	answer[2] |= 0x80           // an answer
	answer[3] = 0x80 | 3        // recursion is available, the name does not exist
	answer[4], answer[5] = 0, 1 // one question
	clear(answer[6:header])     // and nothing else
	return answer
}
