/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Splits a stream of octets into IPA frames. */
#include <errno.h>

#include "channel/gsup/ipa_frame.h"

int ipa_frame_read(const uint8_t *in, size_t len, struct ipa_frame *frame)
{
	size_t size;

	if (len < IPA_FRAME_HEAD)
		return 0;
	size = in[0] << 8 | in[1];
	/* An unknown stream means that a length was wrong: an HLR uses only these two. */
	if (size > IPA_FRAME_MAX || (in[2] != IPA_STREAM_CCM && in[2] != IPA_STREAM_OSMO))
		return -EBADMSG;
	if (!size)
		return -ENOMSG;
	if (len < IPA_FRAME_HEAD + size)
		return 0;
	*frame = (struct ipa_frame){
		.stream = in[2], .type = in[3], .data = in + IPA_FRAME_HEAD + 1, .len = size - 1,
	};
	return IPA_FRAME_HEAD + size;
}
