// personality(2): its flags, as far as they have an effect, across exec.
#include "guest.h"
#include <sys/personality.h>
static int perm(void*p){ char b[400]; FILE*f=fopen("/proc/self/maps","r"); unsigned long a,e; char s[10]; while(fgets(b,400,f)){ sscanf(b,"%lx-%lx %4s",&a,&e,s); if((unsigned long)p>=a&&(unsigned long)p<e){ puts(s); fclose(f); return 1;} } puts("none"); fclose(f);return 0;}
int main(int c,char**v){ setvbuf(stdout,0,_IONBF,0);
 if(c>1){ printf("%s: %x\n",v[1],personality(-1)); perm(0); struct utsname u; uname(&u); puts(u.machine); Q(!strncmp(u.release,"2.6.",4)); Q((unsigned long)mmap(0,4096,3,MAP_PRIVATE|MAP_ANONYMOUS,-1,0)<0x400000000000);
   char st; puts("stack"); perm(&st); return 0;}
 int per[]={ADDR_NO_RANDOMIZE,READ_IMPLIES_EXEC,MMAP_PAGE_ZERO,SHORT_INODE,WHOLE_SECONDS,STICKY_TIMEOUTS,ADDR_LIMIT_3GB,ADDR_LIMIT_32BIT,UNAME26,PER_LINUX32,ADDR_COMPAT_LAYOUT,PER_BSD,0xff,0x8000000,0x10000, -2};
 for(int i=0;i<sizeof per/4;i++){ char n[20]; sprintf(n,"%x",per[i]); if(!fork()){ P(personality(per[i])); printf("%x\n",personality(-1)); execl("/proc/self/exe","x",n,NULL); exit(0);} wait(0);}
 personality(READ_IMPLIES_EXEC); char*p=mmap(0,4096,3,MAP_PRIVATE|MAP_ANONYMOUS,-1,0); perm(p); mprotect(p,4096,1); perm(p); mprotect(p,4096,2); perm(p); mprotect(p,4096,0); perm(p); p=mmap(0,4096,2,MAP_PRIVATE|MAP_ANONYMOUS,-1,0); perm(p); p=mmap(0,4096,1,MAP_SHARED|MAP_ANONYMOUS,-1,0); perm(p); int fd=open("/proc/self/exe",0); p=mmap(0,4096,1,MAP_PRIVATE,fd,0); perm(p); char*b=sbrk(0); b=(char*)((unsigned long)b+4095&~4095L); brk(b+8192); perm(b+4096);
 personality(STICKY_TIMEOUTS); struct timeval t={0,20000}; select(0,0,0,0,&t); P(t.tv_usec); personality(0);  t.tv_usec=20000; select(0,0,0,0,&t); P(t.tv_usec);
 personality(STICKY_TIMEOUTS); struct timespec ts={0,20000000}; syscall(SYS_pselect6,0,0,0,0,&ts,0); P(ts.tv_nsec); ts.tv_nsec=20000000; syscall(SYS_ppoll,0,0,&ts,0,0); P(ts.tv_nsec);
}
